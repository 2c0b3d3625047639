//! Objects by name, each found by the project that it belongs to without a look at all the others, and what was touched since
//! somebody looked last: so a look costs as much as has happened, however large the world is.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;

/// What stands on a shelf. Labels never change, so neither does this.
pub(super) trait Belongs {
    /// The project or stack that it belongs to.
    fn project(&self) -> Option<&str>;
}

/// Objects by name. Reads as a map.
#[derive(Debug, Clone)]
pub(super) struct Shelf<K, V> {
    all: BTreeMap<K, V>,
    projects: BTreeMap<String, BTreeSet<K>>,
}

impl<K: Ord + Clone, V: Belongs> Shelf<K, V> {
    /// A project's objects, in order of name.
    pub(super) fn of(&self, project: &str) -> impl Iterator<Item = (&K, &V)> {
        self.projects.get(project).into_iter().flatten().filter_map(|key| self.all.get_key_value(key))
    }

    pub(super) fn insert(&mut self, key: K, value: V) {
        self.remove(&key);
        if let Some(project) = value.project() {
            self.projects.entry(project.to_owned()).or_default().insert(key.clone());
        }
        self.all.insert(key, value);
    }

    pub(super) fn remove(&mut self, key: &K) -> Option<V> {
        let value = self.all.remove(key)?;
        if let Some(project) = value.project()
            && let Some(keys) = self.projects.get_mut(project)
        {
            keys.remove(key);
            if keys.is_empty() {
                self.projects.remove(project);
            }
        }
        Some(value)
    }
}

impl<K, V> Default for Shelf<K, V> {
    fn default() -> Self {
        Self { all: BTreeMap::new(), projects: BTreeMap::new() }
    }
}

impl<K, V> Deref for Shelf<K, V> {
    type Target = BTreeMap<K, V>;

    fn deref(&self) -> &Self::Target {
        &self.all
    }
}

/// A shelf that remembers when each of its objects was last put, changed or taken away.
#[derive(Debug)]
pub(super) struct Watched<K, V> {
    shelf: Shelf<K, V>,
    /// By when they were last touched.
    touched: BTreeMap<u64, K>,
    when: BTreeMap<K, u64>,
    now: u64,
}

impl<K: Ord + Clone, V: Belongs> Watched<K, V> {
    pub(super) fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        let key = self.shelf.all.get_key_value(key)?.0.clone();
        self.touch(&key);
        self.shelf.all.get_mut(key.borrow())
    }

    pub(super) fn insert(&mut self, key: K, value: V) {
        self.touch(&key);
        self.shelf.insert(key, value);
    }

    pub(super) fn remove(&mut self, key: &K) -> Option<V> {
        self.touch(key);
        self.shelf.remove(key)
    }

    /// The moment of the last touch.
    pub(super) fn now(&self) -> u64 {
        self.now
    }

    /// What was touched after that moment, each with what is there now.
    pub(super) fn since(&self, moment: u64) -> impl Iterator<Item = (&K, Option<&V>)> {
        self.touched.range(moment + 1..).map(|(_, key)| (key, self.shelf.get(key)))
    }

    fn touch(&mut self, key: &K) {
        self.now += 1;
        if let Some(before) = self.when.insert(key.clone(), self.now) {
            self.touched.remove(&before);
        }
        self.touched.insert(self.now, key.clone());
    }
}

impl<K, V> Default for Watched<K, V> {
    fn default() -> Self {
        Self { shelf: Shelf::default(), touched: BTreeMap::new(), when: BTreeMap::new(), now: 0 }
    }
}

impl<K, V> Deref for Watched<K, V> {
    type Target = Shelf<K, V>;

    fn deref(&self) -> &Self::Target {
        &self.shelf
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Belongs for &'static str {
        fn project(&self) -> Option<&str> {
            self.split_once('/').map(|(project, _)| project)
        }
    }

    #[test]
    fn a_project_has_its_own_and_what_was_touched_is_told_once() {
        let mut shelf: Watched<&str, &str> = Watched::default();
        shelf.insert("web", "shop/1");
        shelf.insert("db", "shop/1");
        shelf.insert("stray", "nobody's");
        let then = shelf.now();
        assert_eq!(shelf.of("shop").map(|(name, _)| *name).collect::<Vec<_>>(), ["db", "web"]);
        assert_eq!(shelf.of("other").count(), 0);

        *shelf.get_mut("web").expect("it is there") = "shop/2";
        assert_eq!(shelf.get_mut("gone"), None);
        shelf.remove(&"db");
        shelf.insert("web", "shop/3");
        assert_eq!(shelf.since(then).collect::<Vec<_>>(), [(&"db", None), (&"web", Some(&"shop/3"))]);
        assert_eq!(shelf.since(shelf.now()).count(), 0);
        assert_eq!(shelf.of("shop").count(), 1);
        // Who has never looked is told of all that was ever there.
        assert_eq!(shelf.since(0).count(), 3);
    }
}
