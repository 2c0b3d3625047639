//! `!reset` and `!override`: which keys of earlier files a file does away with.

use crate::codes;
use crate::diagnostic::Report;
use crate::tree::{Map, Mark, Node, Value};

/// A key's path.
pub(super) type Path = Vec<String>;

/// Takes what is tagged `!reset` out of a document, and lists the paths of all that is tagged.
pub(super) fn extract(document: &mut Node, report: &Report) -> Vec<Path> {
    let mut paths = Vec::new();
    collect(document, &mut Vec::new(), &mut paths, report);
    paths
}

fn collect(node: &mut Node, path: &mut Path, paths: &mut Vec<Path>, report: &Report) {
    if node.mark == Some(Mark::Override) {
        paths.push(path.clone());
        return;
    }
    match &mut node.value {
        Value::Map(map) => map.retain(|key, entry| {
            path.push(key.clone());
            let reset = entry.node.mark == Some(Mark::Reset);
            if reset {
                paths.push(path.clone());
            } else {
                collect(&mut entry.node, path, paths, report);
            }
            path.pop();
            !reset
        }),
        Value::List(items) => items.retain_mut(|item| {
            if item.mark == Some(Mark::Reset) {
                let message = "`!reset` on an item of a list takes nothing away from the list of an earlier file";
                let help = Some("put `!override` before the whole list");
                report.warning(item.place, codes::IGNORED_HERE, message, help);
                return false;
            }
            path.push("[]".to_owned());
            collect(item, path, paths, report);
            path.pop();
            true
        }),
        _ => {}
    }
}

/// Removes the paths from a tree.
pub(super) fn apply(tree: &mut Map, paths: &[Path]) {
    for path in paths {
        remove(tree, path);
    }
}

/// Removes from a single service what the paths say of it.
pub(super) fn apply_to_service(service: &mut Map, name: &str, paths: &[Path]) {
    for path in paths {
        if let [services, of, rest @ ..] = path.as_slice()
            && services == "services"
            && of == name
            && !rest.is_empty()
        {
            remove(service, rest);
        }
    }
}

fn remove(map: &mut Map, path: &[String]) {
    match path {
        [] => {}
        [key] => {
            map.remove(key);
        }
        [key, rest @ ..] => {
            if let Some(inner) = map.map_mut(key) {
                remove(inner, rest);
            }
        }
    }
}
