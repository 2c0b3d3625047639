//! `extends`: a service over another service, of the same file or of another.

use super::reset::{self, Path};
use super::{Layer, Loader};
use crate::absolute;
use crate::canonical::canonical;
use crate::codes;
use crate::merge::{self, unique};
use crate::paths;
use crate::suggestion;
use crate::tree::{Entry, Map, Node, Value};
use std::cell::RefCell;
use std::rc::Rc;

/// The services of one file, as they stand before or after they have been extended.
pub(super) struct Scope {
    file: String,
    services: RefCell<Map>,
    resets: Vec<Path>,
}

/// The longest chain of services that extend each other.
const LONGEST: usize = 50;

impl Loader<'_> {
    /// Extends every service of a document.
    pub(super) fn extend_services(&self, document: &mut Map, file: &str, resets: &[Path], layer: &Layer<'_>) {
        let Some(services) = document.map_mut("services") else { return };
        if !services.maps().any(|(_, service)| service.contains("extends")) {
            return;
        }
        let scope = Rc::new(Scope {
            file: file.to_owned(),
            services: RefCell::new(std::mem::take(services)),
            resets: resets.to_vec(),
        });
        let names: Vec<String> = scope.services.borrow().keys().cloned().collect();
        for name in names {
            self.extended(&scope, &name, layer, &mut Vec::new());
        }
        *services = scope.services.take();
    }

    /// A service with all that it extends; written back, so that it is worked out once.
    fn extended(
        &self,
        scope: &Rc<Scope>,
        name: &str,
        layer: &Layer<'_>,
        trail: &mut Vec<(String, String)>,
    ) -> Option<Node> {
        let mut node = scope.services.borrow().get(name).cloned()?;
        let place = node.place;
        let Some(extends) = node.as_map().and_then(|service| service.get("extends")).cloned() else {
            return Some(node);
        };
        let Some(service) = node.as_map_mut() else { return Some(node) };
        let Some((target, file)) = self.target(name, &extends) else {
            return Some(node);
        };
        let step = (scope.file.clone(), name.to_owned());
        if trail.contains(&step) || trail.len() >= LONGEST {
            self.refuse_cycle(&extends, trail, &step);
            return None;
        }
        trail.push(step);
        let base = self.base_service(scope, name, &target, file.as_ref(), layer, trail);
        trail.pop();
        service.remove("extends");
        let merged = match base.map(|base| base.value) {
            Some(Value::Map(mut base)) => {
                reset::apply_to_service(&mut base, name, &scope.resets);
                merge::extend(base, std::mem::take(service), self.report)
            }
            // The base has been reported missing. Whether the service would have had an image is not known.
            _ => {
                let mut alone = std::mem::take(service);
                if !alone.contains("image") {
                    alone.set("image", Node::new(Value::Broken, place));
                }
                alone
            }
        };
        let done = Node::map(merged, place);
        let mut services = scope.services.borrow_mut();
        if let Some(entry) = services.remove(name) {
            services.insert(name.to_owned(), Entry { key_place: entry.key_place, node: done.clone() });
        }
        Some(done)
    }

    fn base_service(
        &self,
        scope: &Rc<Scope>,
        name: &str,
        target: &Node,
        file: Option<&Node>,
        layer: &Layer<'_>,
        trail: &mut Vec<(String, String)>,
    ) -> Option<Node> {
        let other = match file {
            Some(file) => self.scope(file, layer)?,
            None => Rc::clone(scope),
        };
        let wanted = target.as_text()?;
        if !other.services.borrow().contains(wanted) {
            let services = other.services.borrow();
            let message = format!("service `{name}` cannot extend `{wanted}`: {} has no such service", other.file);
            let help = suggestion::did_you_mean(wanted, services.keys().map(String::as_str));
            self.report.value_error(target, codes::UNDEFINED_SERVICE, message, help.as_deref());
            return None;
        }
        self.extended(&other, wanted, layer, trail)
    }

    /// The services of another file, in their long form and with its own paths, but not checked: a base may be incomplete.
    fn scope(&self, file: &Node, layer: &Layer<'_>) -> Option<Rc<Scope>> {
        let path = file.as_text()?;
        if paths::is_remote(path) || path.contains("://") {
            let message = format!("`{path}` is not a file: remote files cannot be extended");
            self.report.error(file.place, codes::UNSUPPORTED, message);
            return None;
        }
        let path = layer.base().absolute(path);
        let key = (layer.id, path);
        if let Some(known) = self.scopes.borrow().get(&key) {
            return known.clone();
        }
        let scope = self.read_scope(&key.1, file, layer).map(Rc::new);
        self.scopes.borrow_mut().insert(key, scope.clone());
        scope
    }

    fn read_scope(&self, path: &str, named: &Node, layer: &Layer<'_>) -> Option<Scope> {
        let documents = self.documents(path, named.place)?;
        let mut tree = Map::default();
        let mut resets = Vec::new();
        for document in documents.iter() {
            let mut document = document.clone();
            resets = reset::extract(&mut document, self.report);
            self.interpolate(&mut document, layer);
            if let Value::Map(map) = document.value {
                reset::apply(&mut tree, &resets);
                tree = merge::merge(tree, map, self.report);
                unique::enforce(&mut tree);
                canonical(&mut tree, self.no_interpolate, self.report);
                unique::enforce(&mut tree);
            }
        }
        absolute::resolve(&mut tree, &layer.base_at(paths::parent(path)));
        match tree.remove("services").map(|entry| entry.node.value) {
            Some(Value::Map(services)) => {
                Some(Scope { file: path.to_owned(), services: RefCell::new(services), resets })
            }
            _ => {
                let message = format!("{path} has no services that could be extended");
                self.report.value_error(named, codes::UNDEFINED_SERVICE, message, None);
                None
            }
        }
    }

    /// The service that is extended, and the file that it stands in.
    fn target(&self, name: &str, extends: &Node) -> Option<(Node, Option<Node>)> {
        match &extends.value {
            Value::Text(_) => Some((extends.clone(), None)),
            Value::Map(map) => match map.get("service").filter(|service| service.as_text().is_some()) {
                Some(service) => Some((service.clone(), map.get("file").filter(|file| !file.is_null()).cloned())),
                None => {
                    let message = format!("services.{name}.extends needs the key `service`");
                    self.report.error(extends.place, codes::MISSING_KEY, message);
                    None
                }
            },
            // The check of shapes finds it: the key stays.
            _ => None,
        }
    }

    fn refuse_cycle(&self, extends: &Node, trail: &[(String, String)], step: &(String, String)) {
        if trail.len() >= LONGEST {
            let message = format!("more than {LONGEST} services extend each other in a row");
            self.report.error(extends.place, codes::TOO_LARGE, message);
            return;
        }
        let from = trail.iter().position(|known| known == step).unwrap_or(0);
        let mut names: Vec<String> = trail[from..].iter().map(|(file, name)| format!("{name} in {file}")).collect();
        names.push(format!("{} in {}", step.1, step.0));
        let message = format!("services extend each other in a circle: {}", names.join(" extends "));
        self.report.error(extends.place, codes::EXTENDS_CYCLE, message);
    }
}
