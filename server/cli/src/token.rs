//! `tocsin token`: API tokens with scopes and an end.

use tocsin_server::api::{TokenReply, TokenRequest, TokenView};
use tocsin_server::rights::Right;

use crate::cli::{ReadArgs, RevokeArgs, TokenArgs, TokenCommand};
use crate::failure::Failure;
use crate::names;
use crate::out::{self, FAINT, STRONG, paint};
use crate::times;

/// Does what was asked for.
///
/// # Errors
/// When the server says no.
pub async fn run(command: &TokenCommand) -> Result<(), Failure> {
    match command {
        TokenCommand::Create(args) => create(args).await,
        TokenCommand::List(args) => list(args).await,
        TokenCommand::Revoke(args) => revoke(args).await,
    }
}

async fn create(args: &TokenArgs) -> Result<(), Failure> {
    let client = args.read.server.client()?;
    let request = TokenRequest {
        name: args.name.clone(),
        scopes: args.scopes.clone(),
        expires_at: times::now() + args.expires,
    };
    let reply: TokenReply = client.post("v1/tokens", &request).await?;
    if args.read.json {
        return out::json(&reply);
    }
    out::line(paint(STRONG, &reply.secret));
    out::aside(paint(
        FAINT,
        format_args!(
            "shown this once; may {} until {}; set TOCSIN_URL and TOCSIN_TOKEN to use it",
            scopes(&reply.token),
            times::day_and_clock(reply.token.expires_at)
        ),
    ));
    Ok(())
}

async fn list(args: &ReadArgs) -> Result<(), Failure> {
    let tokens: Vec<TokenView> = args.server.client()?.get("v1/tokens").await?;
    if args.json {
        return out::json(&tokens);
    }
    if tokens.is_empty() {
        out::aside("no tokens");
    }
    for token in &tokens {
        let end = if token.expires_at <= times::now() {
            "expired"
        } else {
            "until"
        };
        out::line(format_args!(
            "{}  {:<12}  {:<24}  {}  {end} {}",
            token.id.get(..6).unwrap_or(&token.id),
            token.person.to_string(),
            token.name,
            scopes(token),
            times::day_and_clock(token.expires_at)
        ));
    }
    Ok(())
}

fn scopes(token: &TokenView) -> String {
    let names: Vec<&str> = token.scopes.iter().copied().map(Right::name).collect();
    names.join(", ")
}

async fn revoke(args: &RevokeArgs) -> Result<(), Failure> {
    let client = args.server.client()?;
    let tokens: Vec<TokenView> = client.get("v1/tokens").await?;
    let ids = tokens.iter().map(|token| token.id.as_str());
    let id = names::whole_id(&args.id, ids, "`tocsin token list` lists them")?;
    client.delete(&format!("v1/tokens/{id}")).await?;
    out::line(format_args!("token {id} is revoked; it no longer works"));
    Ok(())
}
