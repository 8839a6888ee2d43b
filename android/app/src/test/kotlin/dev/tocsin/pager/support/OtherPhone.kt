package dev.tocsin.pager.support

import dev.tocsin.core.ClockPort
import dev.tocsin.core.Connectivity
import dev.tocsin.core.DevicePort
import dev.tocsin.core.DoNotDisturb
import dev.tocsin.core.Facts
import dev.tocsin.core.Language
import dev.tocsin.core.Loudness
import dev.tocsin.core.Millis
import dev.tocsin.core.Pager
import dev.tocsin.core.Permission
import dev.tocsin.core.Permissions
import dev.tocsin.core.Platform
import dev.tocsin.core.Ports
import dev.tocsin.core.Ringer
import dev.tocsin.core.SafePort
import dev.tocsin.core.Setup
import dev.tocsin.core.SirenEvent
import dev.tocsin.core.SirenPort
import dev.tocsin.core.Sound
import dev.tocsin.core.typedEnrolment
import kotlinx.coroutines.runBlocking
import java.io.File
import java.nio.file.Files
import java.util.concurrent.ConcurrentHashMap

/** Another phone of somebody: the core with nothing of Android around it. */
class OtherPhone(
    server: TocsinServer,
    person: String,
) : AutoCloseable {
    /** Whether it sounds now. */
    @Volatile var sounds = false
        private set

    private val folder: File = Files.createTempDirectory("other-phone").toFile()
    private val pager: Pager

    init {
        val setup = Setup(folder.path, Language.ENGLISH, null)
        pager = Pager.open(setup, Ports(Speaker(), Wall, Desk, Drawer()))
        val enrolment = typedEnrolment(server.url, server.code(person))
        runBlocking { pager.enroll(enrolment, "another phone", null, false) }
    }

    override fun close() {
        runBlocking { pager.shutDown() }
        pager.close()
        folder.deleteRecursively()
    }

    private inner class Speaker : SirenPort {
        override fun start(loudness: Loudness) {
            sounds = true
        }

        override fun rehearse() = pager.sirenReported(SirenEvent.Rehearsed(1f))

        override fun stop() {
            sounds = false
        }
    }

    private object Wall : ClockPort {
        override fun now(): Millis = System.currentTimeMillis()

        override fun timeOfDay(at: Millis) = "half past two"
    }

    private object Desk : DevicePort {
        override fun facts(): Facts {
            val none = Permission.NOT_NEEDED
            return Facts(
                platform = Platform.DESKTOP,
                appVersion = null,
                permissions = Permissions(none, none, none, none, none, none, none),
                sound = Sound(1f, null, Ringer.NORMAL, DoNotDisturb.OFF, true, null),
                network = dev.tocsin.core.Network(Connectivity.ONLINE),
                battery = dev.tocsin.core.Battery(null, null, null),
            )
        }
    }

    private class Drawer : SafePort {
        private val secrets = ConcurrentHashMap<String, ByteArray>()

        override fun keep(
            name: String,
            secret: ByteArray,
        ) {
            secrets[name] = secret
        }

        override fun find(name: String): ByteArray? = secrets[name]

        override fun forget(name: String) {
            secrets.remove(name)
        }
    }
}
