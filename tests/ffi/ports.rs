//! The ports that any phone without a shell can have.

use std::collections::HashMap;
use std::sync::Mutex;

use tocsin_ffi::{ClockPort, DevicePort, PortError, SafePort};
use tocsin_readiness::Facts;
use tocsin_ticket::Millis;

/// A wall that tells the time in one way only, and leaves the clock to the system.
pub struct Wall;

impl ClockPort for Wall {
    fn now(&self) -> Result<Millis, PortError> {
        let text = "no clock here".to_owned();
        Err(PortError::Failed { text })
    }

    fn time_of_day(&self, _: Millis) -> Result<String, PortError> {
        Ok("half past two".to_owned())
    }
}

/// A device of which nothing is known.
pub struct Unknown;

impl DevicePort for Unknown {
    fn facts(&self) -> Result<Facts, PortError> {
        Ok(Facts::default())
    }
}

/// A safe that nobody is kept from.
#[derive(Default)]
pub struct Drawer(pub Mutex<HashMap<String, Vec<u8>>>);

impl SafePort for Drawer {
    fn keep(&self, name: String, secret: Vec<u8>) -> Result<(), PortError> {
        self.0.lock().unwrap().insert(name, secret);
        Ok(())
    }

    fn find(&self, name: String) -> Result<Option<Vec<u8>>, PortError> {
        Ok(self.0.lock().unwrap().get(&name).cloned())
    }

    fn forget(&self, name: String) -> Result<(), PortError> {
        self.0.lock().unwrap().remove(&name);
        Ok(())
    }
}
