//! This computer's battery, where the system tells of it in files: Linux's power supply class
//! (<https://docs.kernel.org/power/power_supply_class.html>). Elsewhere nothing is said.

use std::path::Path;

use tocsin_readiness::Battery;

/// Where Linux lists what can power the computer.
pub const SUPPLIES: &str = "/sys/class/power_supply";

/// What the supplies in `folder` say together. Without a battery the computer runs on mains.
pub fn battery(folder: &Path) -> Battery {
    let Ok(supplies) = std::fs::read_dir(folder) else {
        return Battery::default();
    };
    let (mut mains, mut discharges, mut charges) = (false, false, false);
    let mut levels: Vec<f32> = Vec::new();
    let mut batteries = 0_usize;
    for supply in supplies.flatten() {
        let said = |name: &str| {
            let text = std::fs::read_to_string(supply.path().join(name));
            text.map(|text| text.trim().to_owned()).unwrap_or_default()
        };
        // A mouse has a battery too.
        if said("scope") == "Device" {
            continue;
        }
        if said("type") != "Battery" {
            mains |= matches!(said("online").as_str(), "1" | "2");
            continue;
        }
        batteries += 1;
        levels.extend(said("capacity").parse::<f32>().map(|part| part / 100.0));
        match said("status").as_str() {
            "Discharging" => discharges = true,
            "Charging" | "Full" | "Not charging" => charges = true,
            _ => {}
        }
    }
    let charging = if mains || batteries == 0 {
        Some(true)
    } else if discharges {
        Some(false)
    } else {
        charges.then_some(true)
    };
    Battery {
        // The fullest one: the computer runs until the last is empty.
        level: levels.into_iter().reduce(f32::max),
        charging,
        saver_on: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn supply(folder: &Path, name: &str, files: &[(&str, &str)]) {
        let folder = folder.join(name);
        std::fs::create_dir(&folder).unwrap();
        for (file, text) in files {
            std::fs::write(folder.join(file), format!("{text}\n")).unwrap();
        }
    }

    #[test]
    fn a_computer_without_a_battery_runs_on_mains() {
        let folder = tempfile::tempdir().unwrap();
        let mouse = [("type", "Battery"), ("scope", "Device"), ("capacity", "3")];
        supply(folder.path(), "hidpp_battery_0", &mouse);
        let said = battery(folder.path());
        assert_eq!((said.level, said.charging), (None, Some(true)));
    }

    #[test]
    fn a_laptop_off_its_mains_tells_its_charge() {
        let folder = tempfile::tempdir().unwrap();
        let adapter = [("type", "Mains"), ("online", "0")];
        supply(folder.path(), "AC", &adapter);
        let cell = [
            ("type", "Battery"),
            ("capacity", "12"),
            ("status", "Discharging"),
        ];
        supply(folder.path(), "BAT0", &cell);
        let said = battery(folder.path());
        assert_eq!((said.level, said.charging), (Some(0.12), Some(false)));
        std::fs::write(folder.path().join("AC/online"), "1\n").unwrap();
        assert_eq!(battery(folder.path()).charging, Some(true));
    }

    #[test]
    fn a_system_that_tells_nothing_is_not_guessed_at() {
        let folder = tempfile::tempdir().unwrap();
        let said = battery(&folder.path().join("absent"));
        assert_eq!(said, Battery::default());
    }
}
