//! Whom a watch pages, as it is written on the command line.

use core::fmt;
use core::str::FromStr;

use tocsin_push::Address;
use tocsin_push::settings::Settings;

use crate::failure::Failure;

/// A mailbox, or a telephone behind a gateway.
#[derive(Clone, PartialEq, Eq)]
pub enum Destination {
    /// `ana@example.org`.
    Mailbox(String),
    /// `text:+493012345678`, or the number alone where there is but one gateway.
    Telephone {
        /// The gateway's name in the transports file.
        gateway: Option<String>,
        /// In E.164.
        number: String,
    },
}

/// It is personal, so of it only the kind prints.
impl fmt::Debug for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mailbox(_) => "Mailbox",
            Self::Telephone { .. } => "Telephone",
        })
    }
}

impl FromStr for Destination {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (gateway, number) = match text.rsplit_once(':') {
            Some((gateway, number)) => (Some(gateway.to_owned()), number),
            None => (None, text),
        };
        if let Some(digits) = number.strip_prefix('+')
            && (7..=15).contains(&digits.len())
            && digits.bytes().all(|digit| digit.is_ascii_digit())
        {
            return Ok(Self::Telephone {
                gateway,
                number: number.to_owned(),
            });
        }
        match text.split_once('@') {
            Some((user, host)) if !user.is_empty() && !host.is_empty() => {
                Ok(Self::Mailbox(text.to_owned()))
            }
            _ => Err(
                "expected ana@example.org, +493012345678 or GATEWAY:+493012345678 with a gateway of \
                 the transports file"
                    .to_owned(),
            ),
        }
    }
}

impl Destination {
    /// As the transports know it.
    ///
    /// # Errors
    /// When the transports file has no way to it.
    pub fn address(&self, settings: &Settings) -> Result<Address, Failure> {
        match self {
            Self::Mailbox(email) if settings.email.is_some() => Ok(Address::Mailbox {
                email: email.clone(),
            }),
            Self::Mailbox(_) => Err(Failure::usage(
                "--page: the transports file has no [email], so no mail can be sent; add it",
            )),
            Self::Telephone { gateway, number } => {
                let names: Vec<&String> = settings.gateway.keys().collect();
                let gateway = match (gateway, names.as_slice()) {
                    (Some(name), _) if settings.gateway.contains_key(name) => name,
                    (None, [only]) => *only,
                    (_, []) => {
                        return Err(Failure::usage(
                            "--page: the transports file has no [gateway.NAME.KIND], so no \
                             telephone can be reached; add one",
                        ));
                    }
                    _ => {
                        let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
                        return Err(Failure::usage(format!(
                            "--page: expected GATEWAY:NUMBER with a gateway of the transports file, \
                             which has {}",
                            names.join(", ")
                        )));
                    }
                };
                Ok(Address::Telephone {
                    gateway: gateway.clone(),
                    number: number.clone(),
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "auth_token = { env = 'X' }\nfrom = '+12025550123'\n\
                          account_sid = 'AC0123456789abcdef0123456789abcdef'\n";

    fn address(text: &str, gateways: &[&str]) -> Result<Address, Failure> {
        let settings: String = gateways
            .iter()
            .map(|name| format!("[gateway.{name}.twilio_sms]\n{SECRET}"))
            .collect();
        let settings = Settings::parse(&settings).unwrap();
        text.parse::<Destination>().unwrap().address(&settings)
    }

    #[test]
    fn a_telephone_is_behind_the_gateway_that_is_named_or_the_only_one() {
        let behind = |gateway: &str| {
            Ok(Address::Telephone {
                gateway: gateway.to_owned(),
                number: "+493012345678".to_owned(),
            })
        };
        assert!(address("+493012345678", &["text"]) == behind("text"));
        assert!(address("call:+493012345678", &["text", "call"]) == behind("call"));
        let unclear = address("+493012345678", &["text", "call"]).unwrap_err();
        assert!(unclear.text.contains("call, text"), "{unclear}");
        assert!(address("fax:+493012345678", &["text"]).is_err());
        assert!(address("+493012345678", &[]).is_err());
    }

    #[test]
    fn an_address_that_nobody_can_reach_is_refused_at_the_start() {
        assert!(address("ana@example.org", &["text"]).is_err(), "no [email]");
        for text in ["ana", "030 12345678", "text:030", "@example.org", "+49"] {
            assert!(text.parse::<Destination>().is_err(), "{text}");
        }
    }
}
