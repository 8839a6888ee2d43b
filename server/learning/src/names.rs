//! Names for ids.

use tocsin_ticket::{PersonId, ServiceId};

/// What people call people and services. An id that nobody has a name for is its own.
pub trait Names {
    /// A person.
    fn person(&self, id: &PersonId) -> String;

    /// A service.
    fn service(&self, id: &ServiceId) -> String;
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The people of the tests: an id with a capital is a name.
    pub(crate) struct Capitals;

    impl Names for Capitals {
        fn person(&self, id: &PersonId) -> String {
            capital(id.as_str())
        }

        fn service(&self, id: &ServiceId) -> String {
            capital(id.as_str())
        }
    }

    fn capital(id: &str) -> String {
        let mut letters = id.chars();
        letters
            .next()
            .map(|first| first.to_uppercase().chain(letters).collect())
            .unwrap_or_default()
    }
}
