package dev.tocsin.pager.push

import android.content.ComponentName
import android.content.Intent
import android.content.IntentFilter
import androidx.test.ext.junit.runners.AndroidJUnit4
import dev.tocsin.core.Transport
import dev.tocsin.pager.TocsinApp
import dev.tocsin.pager.support.PhoneTest
import dev.tocsin.pager.support.PushService
import dev.tocsin.pager.support.TocsinServer
import dev.tocsin.pager.support.await
import dev.tocsin.pager.support.awaitSome
import kotlinx.coroutines.runBlocking
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Before
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Shadows.shadowOf
import org.robolectric.util.ReflectionHelpers

/** An app on the phone that delivers pushes, and what Tocsin makes of what it says. */
@RunWith(AndroidJUnit4::class)
class UnifiedPushTest : PhoneTest() {
    private val pushes get() = TocsinApp.of(app).pushes
    private val way get() = pushes.state.value.ways[Transport.WEB_PUSH]

    /** The library keeps its database open for the process, which ends with each test on a phone only. */
    @Before
    fun forgetLibrary() {
        val store = Class.forName("org.unifiedpush.android.connector.internal.DBStore")
        ReflectionHelpers.setStaticField(store, "instance", null)
    }

    @Test
    fun `the app that delivers gives an address, and the server has it`() {
        val (server, service) = pushingServer()
        val token = register()
        says(ACTION_NEW_ENDPOINT, token) { putExtra(EXTRA_ENDPOINT, service.endpoint) }
        assertTrue(pushes.state.value.reachable)
        await("the server can push") { channels(server) == 1 }
    }

    @Test
    fun `a page that comes by push alone sounds the siren`() {
        val (server, service) = pushingServer()
        val token = register()
        says(ACTION_NEW_ENDPOINT, token) { putExtra(EXTRA_ENDPOINT, service.endpoint) }
        await("the server can push") { channels(server) == 1 }
        app.onTerminate()
        server.alarm("checkout")
        val push = awaitSome("a push") { service.sent.firstOrNull() }
        server.stop()
        app.onCreate()
        says(ACTION_MESSAGE, token) { putExtra(EXTRA_BYTES_MESSAGE, push) }
        await("it rings") { home?.siren?.ringing == true }
        assertEquals("Trouble with checkout", home?.pages?.first()?.title)
    }

    @Test
    fun `an address that the app takes back is taken from the server, and Settings say so`() {
        val (server, service) = pushingServer()
        val token = register()
        says(ACTION_NEW_ENDPOINT, token) { putExtra(EXTRA_ENDPOINT, service.endpoint) }
        await("the server can push") { channels(server) == 1 }
        says(ACTION_UNREGISTERED, token)
        await("the server no longer pushes") { channels(server) == 0 }
        assertEquals(WayState(trouble = PushTrouble.UNREGISTERED), way)
        assertFalse(pushes.state.value.reachable)
    }

    @Test
    fun `a refused registration says what to do, and is remembered by the next process`() {
        pushingServer()
        val token = register()
        says(ACTION_REGISTRATION_FAILED, token) { putExtra(EXTRA_REASON, "ACTION_REQUIRED") }
        assertEquals(PushTrouble.ACTION_REQUIRED, way?.trouble)
        assertEquals(PushTrouble.ACTION_REQUIRED, PushBook(app).read().ways[Transport.WEB_PUSH]?.trouble)
    }

    @Test
    fun `a renewal without a network is said, and the address that works is kept`() {
        val (server, service) = pushingServer()
        val token = register()
        says(ACTION_NEW_ENDPOINT, token) { putExtra(EXTRA_ENDPOINT, service.endpoint) }
        await("the server can push") { channels(server) == 1 }
        says(ACTION_REGISTRATION_FAILED, token) { putExtra(EXTRA_REASON, "NETWORK") }
        assertEquals(WayState(service.endpoint, PushTrouble.NETWORK), way)
        runBlocking { pager.settled() }
        assertEquals("the server pushes on", 1, channels(server))
    }

    @Test
    fun `a stranger's broadcast changes nothing`() {
        pushingServer()
        register()
        says(ACTION_NEW_ENDPOINT, "a guess") { putExtra(EXTRA_ENDPOINT, "https://192.0.2.1/mine") }
        assertFalse(pushes.state.value.reachable)
    }

    @Test
    fun `a phone with no app that delivers is told to install one`() {
        pushingServer()
        runBlocking { pushes.renew(pager) }
        assertEquals(PushTrouble.NO_APP, way?.trouble)
    }

    @Test
    fun `a server that does not push is not registered with anybody`() {
        val server = TocsinServer.start().forThisTest()
        enrol(server)
        install()
        runBlocking { pushes.renew(pager) }
        assertEquals(PushTrouble.NO_OFFER, way?.trouble)
        assertTrue(shadowOf(app).broadcastIntents.none { it.action == ACTION_REGISTER })
    }

    @Test
    fun `the library is shown no private key and opens nothing`() {
        val (_, _) = pushingServer()
        val keys = UnifiedPushWay.keys(app)
        assertEquals(pager.pushKeys().p256dh, keys.getPublicKeySet("default")?.pubKey)
        assertEquals(null, keys.decrypt("default", byteArrayOf(1, 2, 3)))
    }

    private fun pushingServer(): Pair<TocsinServer, PushService> {
        val service = PushService().forThisTest()
        val server = TocsinServer.start(transports = service.transports).forThisTest()
        enrol(server)
        return server to service
    }

    /** Installs an app that delivers, registers with it, and says by which token it knows Tocsin. */
    private fun register(): String {
        install()
        runBlocking { pushes.renew(pager) }
        val asked = shadowOf(app).broadcastIntents.last { it.action == ACTION_REGISTER }
        assertEquals(DISTRIBUTOR, asked.`package`)
        assertEquals(runBlocking { pager.pushOffer() }.vapidPublicKey, asked.getStringExtra(EXTRA_VAPID))
        return checkNotNull(asked.getStringExtra(EXTRA_TOKEN))
    }

    private fun install() {
        val receiver = ComponentName(DISTRIBUTOR, "$DISTRIBUTOR.Receiver")
        val packages = shadowOf(app.packageManager)
        packages.addReceiverIfNotPresent(receiver).exported = true
        packages.addIntentFilterForReceiver(receiver, IntentFilter(ACTION_REGISTER))
    }

    private fun says(
        action: String,
        token: String,
        more: Intent.() -> Unit = {},
    ) {
        val said = Intent(action).setPackage(app.packageName).putExtra(EXTRA_TOKEN, token).apply(more)
        app.sendBroadcast(said)
        shadowOf(app.mainLooper).idle()
    }

    private fun channels(server: TocsinServer) = server.device("ana").getJSONArray("ways").length()

    /** Names of https://unifiedpush.org/developers/spec/android, which the two apps say to each other. */
    private companion object {
        const val DISTRIBUTOR = "org.example.delivers"
        const val ACTION_REGISTER = "org.unifiedpush.android.distributor.REGISTER"
        const val ACTION_NEW_ENDPOINT = "org.unifiedpush.android.connector.NEW_ENDPOINT"
        const val ACTION_MESSAGE = "org.unifiedpush.android.connector.MESSAGE"
        const val ACTION_REGISTRATION_FAILED = "org.unifiedpush.android.connector.REGISTRATION_FAILED"
        const val ACTION_UNREGISTERED = "org.unifiedpush.android.connector.UNREGISTERED"
        const val EXTRA_TOKEN = "token"
        const val EXTRA_VAPID = "vapid"
        const val EXTRA_ENDPOINT = "endpoint"
        const val EXTRA_BYTES_MESSAGE = "bytesMessage"
        const val EXTRA_REASON = "reason"
    }
}
