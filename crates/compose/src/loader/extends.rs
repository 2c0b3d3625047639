//! `extends`: a service over another service, of the same file or of another.

use super::reset::{self, Path};
use super::{Layer, Loader};
use crate::absolute;
use crate::canonical::canonical;
use crate::checks;
use crate::codes;
use crate::limits;
use crate::merge::{self, unique};
use crate::paths;
use crate::schema;
use crate::suggestion;
use crate::tree::{Map, Node, Place, Value};
use std::cell::RefCell;
use std::rc::Rc;

/// The services of one file, as they stand before or after they have been extended.
pub(super) struct Scope {
    file: String,
    services: RefCell<Map>,
    resets: Vec<Path>,
}

/// What a service extends: where it says so, which service, of which other file.
struct Wanted {
    place: Place,
    service: Node,
    file: Option<Node>,
}

/// The longest chain of services that extend each other.
const LONGEST: usize = 50;

impl Loader<'_> {
    /// Extends every service of a document.
    pub(super) fn extend_services(&self, document: &mut Map, file: &str, resets: &[Path], layer: &Layer<'_>) {
        if let Some(services) = document.get_mut("services").filter(|services| services.is_null()) {
            // The merge would pass over it, and Compose does not.
            let (message, help) =
                ("services must be a mapping, and is nothing", "name a service under it, or remove the key");
            self.report.error_help(services.place, codes::WRONG_TYPE, message, help);
            services.value = Value::Broken;
        }
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
            self.extend_one(&scope, &name, layer, &mut Vec::new());
        }
        *services = scope.services.take();
    }

    /// Puts under a service of a scope all that it extends. False where it comes back to itself.
    fn extend_one(&self, scope: &Rc<Scope>, name: &str, layer: &Layer<'_>, trail: &mut Vec<(String, String)>) -> bool {
        let extends = scope.services.borrow().map(name).and_then(|service| service.get("extends")).cloned();
        let Some(extends) = extends else { return true };
        let Some(wanted) = self.wanted(name, &extends) else { return true };
        let step = (scope.file.clone(), name.to_owned());
        if trail.contains(&step) || trail.len() >= LONGEST {
            self.refuse_cycle(&extends, trail, &step);
            return false;
        }
        trail.push(step);
        let base = self.base_service(scope, name, &wanted, layer, trail);
        trail.pop();
        let mut services = scope.services.borrow_mut();
        let Some(node) = services.get_mut(name) else { return true };
        let place = node.place;
        let Value::Map(mut service) = node.take() else { return true };
        service.remove("extends");
        let merged = match base {
            Some(mut base) => {
                reset::apply_to_service(&mut base, name, &scope.resets);
                merge::extend(base, service, self.report)
            }
            // The base has been reported missing. Whether the service would have had an image is not known.
            None => {
                if !service.contains("image") {
                    service.set("image", Node::new(Value::Broken, place));
                }
                service
            }
        };
        node.value = Value::Map(merged);
        true
    }

    /// A copy of the service that is extended, itself extended before. The copy counts, as that of an alias does.
    fn base_service(
        &self,
        scope: &Rc<Scope>,
        name: &str,
        wanted: &Wanted,
        layer: &Layer<'_>,
        trail: &mut Vec<(String, String)>,
    ) -> Option<Map> {
        let other = match &wanted.file {
            Some(file) => self.scope(file, layer)?,
            None => Rc::clone(scope),
        };
        let (node, place) = (&wanted.service, wanted.place);
        let wanted = node.as_text()?;
        if !other.services.borrow().contains(wanted) {
            let services = other.services.borrow();
            let message = format!("service `{name}` cannot extend `{wanted}`: {} has no such service", other.file);
            let help = suggestion::did_you_mean(wanted, services.keys().map(String::as_str));
            self.report.value_error(node, codes::UNDEFINED_SERVICE, message, help.as_deref());
            return None;
        }
        if !self.extend_one(&other, wanted, layer, trail) {
            return None;
        }
        let services = other.services.borrow();
        let base = services.get(wanted)?;
        if !self.budget.borrow_mut().spend(base.size()) {
            let message = format!("the definition is too large: more than {} values, bases counted", limits::NODES);
            self.report.error(place, codes::TOO_LARGE, message);
            return None;
        }
        base.as_map().cloned()
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
        let documents = self.documents_to_copy(path, named.place)?;
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
                schema::check_short_forms(&mut tree, self.report);
                canonical(&mut tree, self.no_interpolate, &self.ports_left, self.report);
                unique::enforce(&mut tree);
            }
        }
        checks::binds(&mut tree, self.report);
        let dir = paths::parent(path);
        absolute::resolve_extended(&mut tree, &layer.base_at(dir));
        absolute::resolve(&mut tree, &layer.base_at(&self.written(layer, dir)));
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

    /// Reads what a service extends; what is malformed is left for the check of shapes.
    fn wanted(&self, name: &str, extends: &Node) -> Option<Wanted> {
        let place = extends.place;
        match &extends.value {
            Value::Text(_) => Some(Wanted { place, service: extends.clone(), file: None }),
            Value::Map(map) => match map.get("service").filter(|service| service.as_text().is_some()) {
                Some(service) => {
                    let file = map.get("file").filter(|file| !file.is_null()).cloned();
                    Some(Wanted { place, service: service.clone(), file })
                }
                None => {
                    let message = format!("services.{name}.extends needs the key `service`");
                    self.report.error(place, codes::MISSING_KEY, message);
                    None
                }
            },
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
