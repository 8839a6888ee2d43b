//! What checking a server's certificate needs on Android.
//!
//! The phone itself decides whom it trusts, and says so in Java only. So rustls-platform-verifier must
//! know this process's Java machine and application before the first connection, or it panics there.
//! The shell sees to it at the start of the process, before it makes a [`crate::Pager`]:
//!
//! ```kotlin
//! package dev.tocsin.pager
//!
//! object Native {
//!     init { System.loadLibrary("tocsin_ffi") }
//!     external fun initialise(context: Context)
//! }
//! ```
//!
//! A server enrolled with a certificate of its own is checked against that one alone, without Java.

use jni::errors::{Error, ThrowRuntimeExAndDefault};
use jni::objects::JObject;
use jni::strings::JNIStr;
use jni::{EnvUnowned, jni_mangle, jni_str};
use rustls_platform_verifier::android::init_with_env;

/// The verifier's Java half. It comes from an archive of its own and only this library calls it, so a
/// build may lack it, or a shrinker drop it.
const VERIFIER: &JNIStr = jni_str!("org.rustls.platformverifier.CertificateVerifier");

/// `dev.tocsin.pager.Native.initialise(context)`: may be called any number of times.
///
/// # Errors
/// Throws `java.lang.RuntimeException` with the reason when there is no context or no verifier. Such a
/// build reaches no server; that is found where it is started first, not at the first page.
// The macro exports the function under Java's name for the method, which is the unsafe part. It holds
// because the package is our own, so nobody else in the process exports that name, and because Java
// passes what the method above declares.
#[jni_mangle("dev.tocsin.pager.Native")]
pub fn initialise<'local>(
    mut java: EnvUnowned<'local>,
    _native: JObject<'local>,
    context: JObject<'local>,
) {
    java.with_env(|env| -> Result<(), Error> {
        // Found, not run: opening the certificates is for the first connection, after the siren.
        env.load_class(VERIFIER)?;
        init_with_env(env, context)
    })
    .resolve::<ThrowRuntimeExAndDefault>();
}
