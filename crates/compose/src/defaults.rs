//! Values that a file may leave out and that everybody sees.

use crate::tree::{Map, Node, Value};

/// Fills in the defaults of all services.
pub(crate) fn fill(tree: &mut Map) {
    let Some(services) = tree.map_mut("services") else { return };
    for (_, service) in services.maps_mut() {
        if let Some(node) = service.get_mut("build") {
            default(node, "context", ".");
        }
        for secret in items(service, "secrets") {
            let source = secret.as_map().and_then(|map| map.text("source")).unwrap_or_default().to_owned();
            default(secret, "target", &format!("/run/secrets/{source}"));
        }
        for port in items(service, "ports") {
            default(port, "protocol", "tcp");
            default(port, "mode", "ingress");
        }
        for device in items(service, "gpus") {
            all_devices(device);
        }
        let reservations = service
            .map_mut("deploy")
            .and_then(|deploy| deploy.map_mut("resources"))
            .and_then(|resources| resources.map_mut("reservations"));
        if let Some(reservations) = reservations {
            for device in items(reservations, "devices") {
                all_devices(device);
            }
        }
    }
}

fn items<'a>(map: &'a mut Map, key: &str) -> impl Iterator<Item = &'a mut Node> {
    map.get_mut(key).and_then(Node::as_list_mut).into_iter().flatten()
}

fn default(node: &mut Node, key: &str, value: &str) {
    let place = node.place;
    if let Some(map) = node.as_map_mut()
        && !map.contains(key)
    {
        map.set(key, Node::text(value, place));
    }
}

fn all_devices(node: &mut Node) {
    let place = node.place;
    if let Some(map) = node.as_map_mut()
        && !map.contains("count")
        && !map.contains("device_ids")
    {
        map.set("count", Node::new(Value::Text("all".to_owned()), place));
    }
}
