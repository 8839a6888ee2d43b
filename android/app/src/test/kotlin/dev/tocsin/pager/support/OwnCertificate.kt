package dev.tocsin.pager.support

import java.io.File
import java.security.KeyStore
import java.util.Base64
import javax.net.ssl.KeyManagerFactory
import javax.net.ssl.SSLContext
import javax.net.ssl.TrustManagerFactory

/** A certificate for this machine that nobody vouches for but itself, made in [folder]. */
class OwnCertificate(
    folder: File,
) {
    /** It and its key, as Java reads them. */
    val store: File = folder.resolve("keys.p12")

    /** It alone, in PEM. */
    val pem: File = folder.resolve("certificate.pem")

    /** Its key, in PEM. */
    val keyPem: File = folder.resolve("key.pem")

    /** Shows it, and trusts it. */
    val tls: SSLContext

    init {
        val place = listOf("-keystore", store.path, "-storepass", PASSWORD, "-alias", ALIAS)
        val names = listOf("-dname", "CN=localhost", "-ext", "san=ip:127.0.0.1,dns:localhost")
        keytool(listOf("-genkeypair", "-keyalg", "RSA", "-keysize", "2048") + names + place)
        keytool(listOf("-exportcert", "-rfc", "-file", pem.path) + place)
        val keys = KeyStore.getInstance(store, PASSWORD.toCharArray())
        val key = Base64.getMimeEncoder().encodeToString(keys.getKey(ALIAS, PASSWORD.toCharArray()).encoded)
        keyPem.writeText("-----BEGIN PRIVATE KEY-----\n$key\n-----END PRIVATE KEY-----\n")
        val shown = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm())
        shown.init(keys, PASSWORD.toCharArray())
        val trusted = KeyStore.getInstance("PKCS12").apply { load(null, null) }
        trusted.setCertificateEntry(ALIAS, keys.getCertificate(ALIAS))
        val trusting = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm())
        trusting.init(trusted)
        tls = SSLContext.getInstance("TLS").apply { init(shown.keyManagers, trusting.trustManagers, null) }
    }

    private fun keytool(arguments: List<String>) {
        val program = File(System.getProperty("java.home"), "bin/keytool").path
        val ended = ProcessBuilder(listOf(program) + arguments).redirectErrorStream(true).start()
        val said = ended.inputStream.bufferedReader().readText()
        check(ended.waitFor() == 0) { said }
    }

    companion object {
        /** Of [store]. */
        const val PASSWORD = "only for tests"
        private const val ALIAS = "own"
    }
}
