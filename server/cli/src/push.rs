//! `tocsin push`: whether push services would take pages, asked of them.

use tocsin_push::apns::{Checked, Obstacle, check};
use tocsin_push::http::SetupError;
use tocsin_push::settings::{ApnsWay, StartError};
use tocsin_wire::ApnsEnvironment;

use crate::cli::PushApnsArgs;
use crate::failure::Failure;
use crate::out::{self, BAD, GOOD, paint};
use crate::settings::TransportsFile;
use crate::times;

/// Asks Apple.
///
/// # Errors
/// When the file has no key of one's own, or Apple would not take a page for each of its apps.
pub async fn apns(args: &PushApnsArgs) -> Result<(), Failure> {
    let file = TransportsFile::read(&args.transports)?;
    let mistake = |SetupError { field, why }| {
        file.mistake(&StartError {
            field: format!("apns.own.{field}"),
            why,
        })
    };
    let own = match &file.settings.apns {
        Some(ApnsWay::Own(own)) => own,
        other => return Err(Failure::refused(no_key(&file, other.is_some()))),
    };
    let all = check(own, &file.extra_roots_pem, times::now())
        .await
        .map_err(mistake)?;
    for one in &all {
        out::line(line(one));
    }
    verdict(&all)
}

fn no_key(file: &TransportsFile, gateway: bool) -> String {
    let name = file.name();
    if gateway {
        format!(
            "{name}: apns.gateway: the key is the gateway's; whoever runs it checks it, and \
             `tocsin drill` tries the whole way"
        )
    } else {
        format!("{name}: apns.own is missing: expected key, key_id, team_id and topics")
    }
}

fn line(one: &Checked) -> String {
    let service = match one.environment {
        ApnsEnvironment::Production => "production",
        ApnsEnvironment::Sandbox => "sandbox",
    };
    let answer = match &one.obstacle {
        None => paint(GOOD, "takes pages").to_string(),
        Some(Obstacle::Refused(why) | Obstacle::Unanswered(why)) => paint(BAD, why).to_string(),
    };
    format!("{}  {service:<10}  {answer}", one.topic)
}

/// Refusals first: trying again does not mend those.
fn verdict(all: &[Checked]) -> Result<(), Failure> {
    let obstacles = || all.iter().filter_map(|one| one.obstacle.as_ref());
    if obstacles().any(|obstacle| matches!(obstacle, Obstacle::Refused(_))) {
        return Err(Failure::refused("Apple would not take these pages"));
    }
    match obstacles().next() {
        Some(_) => Err(Failure::failed("Apple did not answer; try again")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::failure::{FAILED, REFUSED};

    fn checked(environment: ApnsEnvironment, obstacle: Option<Obstacle>) -> Checked {
        Checked {
            topic: "org.example.tocsin".to_owned(),
            environment,
            obstacle,
        }
    }

    #[test]
    fn a_refusal_weighs_more_than_silence_and_both_more_than_a_good_answer() {
        let good = checked(ApnsEnvironment::Production, None);
        let silent = Obstacle::Unanswered("no answer".to_owned());
        let silent = checked(ApnsEnvironment::Sandbox, Some(silent));
        let refused = Obstacle::Refused("Apple answered 403".to_owned());
        let refused = checked(ApnsEnvironment::Sandbox, Some(refused));
        let code = |all: &[Checked]| verdict(all).err().map(|failure| failure.code);
        assert_eq!(code(std::slice::from_ref(&good)), None);
        assert_eq!(code(&[good.clone(), silent.clone()]), Some(FAILED));
        assert_eq!(code(&[good, silent, refused]), Some(REFUSED));
    }

    #[test]
    fn each_line_names_the_app_the_service_and_what_apple_said() {
        let good = checked(ApnsEnvironment::Production, None);
        assert!(line(&good).contains("org.example.tocsin  production  "));
        let why = "Apple answered 403 BadEnvironmentKeyInToken: the key is restricted";
        let bad = checked(
            ApnsEnvironment::Sandbox,
            Some(Obstacle::Refused(why.to_owned())),
        );
        assert!(line(&bad).contains("sandbox"));
        assert!(line(&bad).contains(why));
    }
}
