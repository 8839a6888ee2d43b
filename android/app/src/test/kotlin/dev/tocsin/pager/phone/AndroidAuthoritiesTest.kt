package dev.tocsin.pager.phone

import androidx.test.ext.junit.runners.AndroidJUnit4
import dev.tocsin.core.ConnectionState
import dev.tocsin.core.PagerException
import dev.tocsin.pager.support.OwnCertificate
import dev.tocsin.pager.support.PhoneTest
import dev.tocsin.pager.support.TocsinServer
import dev.tocsin.pager.support.await
import org.junit.After
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.rules.TemporaryFolder
import org.junit.runner.RunWith

/**
 * Whom the phone trusts, the core trusts. What Android takes from the network security configuration, Java
 * takes here from a store that a property names.
 */
@RunWith(AndroidJUnit4::class)
class AndroidAuthoritiesTest : PhoneTest() {
    @get:Rule val folder = TemporaryFolder()

    @After
    fun trustAsBefore() = TRUST.forEach(System::clearProperty)

    @Test
    fun `a phone speaks to a server that somebody whom it trusts vouches for, and to no other`() {
        val certificate = OwnCertificate(folder.root)
        val server = TocsinServer.start(certificate = certificate).forThisTest()
        val refused = assertThrows(PagerException.Unreachable::class.java) { enrol(server) }
        assertTrue(refused.text, "public authority" in refused.text)

        trust(certificate)
        enrol(server)
        server.alarm("the database")
        awaitSiren()
        await("it stays connected") { home?.connection is ConnectionState.Live }
    }

    private fun trust(certificate: OwnCertificate) =
        TRUST
            .zip(listOf(certificate.store.path, OwnCertificate.PASSWORD))
            .forEach { (property, value) -> System.setProperty(property, value) }

    private companion object {
        val TRUST = listOf("javax.net.ssl.trustStore", "javax.net.ssl.trustStorePassword")
    }
}
