package dev.tocsin.pager.phone

import dev.tocsin.core.AuthoritiesPort
import dev.tocsin.core.PortException
import java.security.GeneralSecurityException
import java.security.KeyStore
import javax.net.ssl.TrustManagerFactory
import javax.net.ssl.X509TrustManager

/**
 * Whom this phone trusts to vouch for servers: what `res/xml/network_security_config.xml` names, without
 * what the owner turned off in the system's settings.
 *
 * The trust manager is the one that Android makes from that file for all Java of this app
 * (https://developer.android.com/privacy-and-security/security-config), so core and Java trust the same.
 * It can be asked before the first unlock: the authorities lie on the system's partition, and those that the
 * owner added in `/data/misc/user`, which the lock does not close.
 */
class AndroidAuthorities : AuthoritiesPort {
    override fun trusted(): List<ByteArray> =
        try {
            val factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm())
            // No store given: the app's own configuration.
            factory.init(null as KeyStore?)
            factory.trustManagers
                .filterIsInstance<X509TrustManager>()
                .flatMap { it.acceptedIssuers.asList() }
                .map { it.encoded }
        } catch (error: GeneralSecurityException) {
            throw PortException.Failed(
                "the phone did not say whom it trusts ($error); look in its settings under trusted " +
                    "credentials, or restart it",
            )
        }
}
