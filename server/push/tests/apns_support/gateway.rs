//! A gateway that runs.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use axum_server::tls_rustls::RustlsConfig;
use reqwest::Url;
use serde_json::Value;
use tocsin_peers::https::ca_pem;
use tocsin_push::apns::Apns;
use tocsin_push::gateway::{GatewayLimits, GatewaySettings, router};
use tocsin_push::http;
use tocsin_push::jwt::SigningKey;
use tocsin_push::vapid::Vapid;
use tocsin_ticket::Millis;

use super::Apple;

pub struct Gateway {
    pub url: Url,
    certificate: String,
    running: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.running.abort();
    }
}

impl Gateway {
    pub async fn start(apple: &Apple, limits: GatewayLimits) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("an option");
        let address = listener.local_addr().expect("bound");
        let url = Url::parse(&format!("https://{address}")).expect("a URL");
        let settings = GatewaySettings {
            origin: url.clone(),
            apns: apple.settings.clone(),
            limits,
        };
        let app = router(&settings, ca_pem())
            .expect("good settings")
            .into_make_service_with_connect_info::<SocketAddr>();
        let own = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a pair");
        let certificate = own.cert.pem();
        let tls = RustlsConfig::from_pem(
            certificate.clone().into_bytes(),
            own.signing_key.serialize_pem().into_bytes(),
        );
        let tls = tls.await.expect("a certificate");
        let server = axum_server::from_tcp_rustls(listener, tls).expect("a listener");
        Self {
            url,
            certificate,
            running: tokio::spawn(server.serve(app)),
        }
    }

    /// A server of its own that uses this gateway.
    pub fn server(&self) -> Apns {
        let client = http::client(&self.certificate).expect("a certificate");
        Apns::through_gateway(&self.url, Arc::new(vapid()), client).expect("an origin")
    }

    /// What it answers to a request that no server of ours would make.
    pub async fn asked(
        &self,
        token: &str,
        authorization: Option<&str>,
        body: &str,
    ) -> (u16, Value) {
        let client = http::client(&self.certificate).expect("a certificate");
        let url = format!("{}v1/apns/{token}", self.url);
        let mut request = client.post(url).body(body.to_owned());
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        let answer = request.send().await.expect("an answer");
        let status = answer.status().as_u16();
        (status, answer.json().await.expect("an outcome"))
    }
}

pub fn vapid() -> Vapid {
    let key = SigningKey::generate_es256().expect("a key");
    Vapid::new(&key, "mailto:oncall@example.org").expect("a key and a contact")
}

pub fn now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    Millis(since.expect("after 1970").as_millis() as i64)
}
