//! The OpenAPI document in `docs/` is the one that the routes describe.

use std::error::Error;
use std::path::Path;

#[test]
fn the_document_in_docs_is_true() -> Result<(), Box<dyn Error>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let now = evenkeel_api::openapi().to_pretty_json()? + "\n";
    if std::env::var_os("EVENKEEL_UPDATE").is_some() {
        std::fs::write(&path, &now)?;
    }
    let kept = std::fs::read_to_string(&path)?;
    assert!(
        kept == now,
        "docs/openapi.json is not what the routes describe; after looking at the difference:\n  \
         EVENKEEL_UPDATE=1 cargo test -p evenkeel-api --test openapi"
    );
    Ok(())
}

#[test]
fn every_operation_is_described() -> Result<(), Box<dyn Error>> {
    let document = serde_json::to_value(evenkeel_api::openapi())?;
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")));
    let paths = document["paths"].as_object().ok_or("no paths")?;
    let mut ids = std::collections::BTreeSet::new();
    for (path, item) in paths {
        for (method, operation) in item.as_object().ok_or("no operations")? {
            let what = format!("{method} {path}");
            assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{what} has no summary");
            assert!(operation["responses"]["default"].is_object(), "{what} has no problem");
            assert!(ids.insert(operation["operationId"].to_string()), "{what}: its operationId is another's");
            let once = ["/plan", "/exec", "/kill", "/runs", "/attach", "/commit", "/files"]
                .iter()
                .any(|end| path.ends_with(end));
            let writes = matches!(method.as_str(), "put" | "post" | "delete") && !once;
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            let takes_key = parameters.iter().any(|parameter| parameter["name"] == "idempotency-key");
            assert_eq!(takes_key, writes, "{what}");
        }
    }
    Ok(())
}
