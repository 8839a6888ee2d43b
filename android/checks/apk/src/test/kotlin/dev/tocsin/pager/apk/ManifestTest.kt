package dev.tocsin.pager.apk

import android.Manifest
import android.app.Activity
import android.app.Application
import android.app.Service
import android.content.BroadcastReceiver
import android.content.ContentProvider
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.w3c.dom.Element

/** What the resource compiler does not notice about a manifest, and a phone would only notice by not ringing. */
class ManifestTest {
    private val kinds =
        mapOf(
            "application" to Application::class.java,
            "activity" to Activity::class.java,
            "service" to Service::class.java,
            "receiver" to BroadcastReceiver::class.java,
            "provider" to ContentProvider::class.java,
        )

    private val components = manifest.all("activity", "service", "receiver", "provider")

    private fun Element.load(): Class<*> =
        Class.forName(android("name"), false, ManifestTest::class.java.classLoader)

    @Test
    fun `every component the system may start exists and is of its kind`() {
        for (component in components + manifest.all("application").filter { it.android("name") != null }) {
            val kind = kinds.getValue(component.tagName)
            assertTrue(
                "${component.android("name")} is no ${kind.simpleName}",
                kind.isAssignableFrom(component.load()),
            )
        }
    }

    @Test
    fun `every permission asked for or demanded exists`() {
        val known =
            Manifest.permission::class.java.fields
                .map { it.get(null) as String }
                .toSet()
        val own = manifest.all("permission").mapNotNull { it.android("name") }
        // Google's messaging, by which the embedded UnifiedPush distributor and Firebase deliver.
        val google = listOf("RECEIVE", "SEND").map { "com.google.android.c2dm.permission.$it" }
        val named =
            manifest.all("uses-permission").mapNotNull { it.android("name") } +
                components.mapNotNull { it.android("permission") }
        assertEquals(emptyList<String>(), named - known - own.toSet() - google.toSet())
    }

    @Test
    fun `nobody else reaches more than what others must reach`() {
        val exported =
            components
                .filter { it.android("exported") == "true" }
                .associate { it.android("name") to it.android("permission") }
        assertEquals(
            mapOf(
                // The launcher, and the address of an enrolment.
                "dev.tocsin.pager.MainActivity" to null,
                // The distributor of pushes the person chose, which is another application.
                "dev.tocsin.pager.push.UnifiedPushReceiver" to null,
                "org.unifiedpush.android.connector.internal.RaiseToForegroundService" to null,
                // The embedded distributor's messages from Google's services.
                "org.unifiedpush.android.embedded_fcm_distributor.impl.FirebaseReceiver" to
                    "com.google.android.c2dm.permission.SEND",
                // Quick settings.
                "dev.tocsin.pager.glance.PageableTile" to "android.permission.BIND_QUICK_SETTINGS_TILE",
                // Installers and adb, which compile the code in advance.
                "androidx.profileinstaller.ProfileInstallReceiver" to "android.permission.DUMP",
            ),
            exported,
        )
    }

    @Test
    fun `every component of our own says whether it is exported`() {
        val own = components.filter { it.android("name")!!.startsWith("dev.tocsin.") }
        assertTrue("the application has components", own.isNotEmpty())
        assertEquals(
            emptyList<String>(),
            own.filter { it.android("exported") == null }.map { it.android("name") },
        )
    }

    @Test
    fun `nothing of a phone is backed up elsewhere`() {
        assertEquals("false", manifest.all("application").single().android("allowBackup"))
    }

    @Test
    fun `a siren and a stream run as the kinds of service that may last, and may be those`() {
        val types =
            manifest
                .all("service")
                .filter { it.android("foregroundServiceType") != null }
                .associate { it.android("name") to it.android("foregroundServiceType") }
        assertEquals(
            mapOf(
                "dev.tocsin.pager.siren.SirenService" to "systemExempted",
                "dev.tocsin.pager.live.LiveService" to "specialUse",
            ),
            types,
        )
        val asked = manifest.all("uses-permission").mapNotNull { it.android("name") }
        for (kind in listOf("SYSTEM_EXEMPTED", "SPECIAL_USE")) {
            assertTrue(kind, "android.permission.FOREGROUND_SERVICE_$kind" in asked)
        }
    }

    @Test
    fun `no text of the screens is hidden by one of the application's of the same name`() {
        val (screens, application) =
            listOf("ui", "app").map { module ->
                val texts = xml(gradle.resolve("$module/src/main/res/values/strings.xml")).documentElement
                texts.all("string", "plurals", "string-array").map { it.getAttribute("name") }.toSet()
            }
        assertTrue("both have texts", screens.isNotEmpty() && application.isNotEmpty())
        assertEquals(emptySet<String>(), screens intersect application)
    }

    @Test
    fun `after a reboot a page rings before anybody unlocks the phone`() {
        val boot = "android.intent.action.LOCKED_BOOT_COMPLETED"
        val receivers =
            manifest.all("receiver").filter { receiver ->
                receiver.all("action").any {
                    it.android("name") ==
                        boot
                }
            }
        assertTrue("no receiver waits for $boot", receivers.isNotEmpty())
        val ringing =
            manifest
                .all(
                    "service",
                ).filter { it.android("foregroundServiceType") == "systemExempted" }
        for (component in receivers + ringing) {
            assertEquals(component.android("name"), "true", component.android("directBootAware"))
        }
    }
}
