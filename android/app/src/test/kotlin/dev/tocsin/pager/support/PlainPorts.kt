package dev.tocsin.pager.support

import dev.tocsin.core.Battery
import dev.tocsin.core.ClockPort
import dev.tocsin.core.Connectivity
import dev.tocsin.core.DevicePort
import dev.tocsin.core.DoNotDisturb
import dev.tocsin.core.Facts
import dev.tocsin.core.Millis
import dev.tocsin.core.Network
import dev.tocsin.core.Permission
import dev.tocsin.core.Permissions
import dev.tocsin.core.Platform
import dev.tocsin.core.Ports
import dev.tocsin.core.Ringer
import dev.tocsin.core.SafePort
import dev.tocsin.core.SirenPort
import dev.tocsin.core.Sound
import java.io.File
import java.util.concurrent.atomic.AtomicInteger

/** The ports of a machine with nothing of Android around the core; its safe is the folder [safe]. */
class PlainPorts(
    private val siren: SirenPort,
    private val safe: File,
) {
    /** How often the core asked the clock, the device or the safe. */
    val asked = AtomicInteger()

    /** As the core takes them. */
    fun all() = Ports(siren, Wall(), Desk(), Drawer())

    private inner class Wall : ClockPort {
        override fun now(): Millis = counted { System.currentTimeMillis() }

        override fun timeOfDay(at: Millis) = counted { "half past two" }
    }

    private inner class Desk : DevicePort {
        override fun facts(): Facts =
            counted {
                val none = Permission.NOT_NEEDED
                Facts(
                    platform = Platform.DESKTOP,
                    appVersion = null,
                    permissions = Permissions(none, none, none, none, none, none, none),
                    sound = Sound(1f, null, Ringer.NORMAL, DoNotDisturb.OFF, true, null),
                    network = Network(Connectivity.ONLINE),
                    battery = Battery(null, null, null),
                )
            }
    }

    private inner class Drawer : SafePort {
        override fun keep(
            name: String,
            secret: ByteArray,
        ) = counted { safe.resolve(name).writeBytes(secret) }

        override fun find(name: String): ByteArray? =
            counted { safe.resolve(name).takeIf(File::exists)?.readBytes() }

        override fun forget(name: String) {
            counted { safe.resolve(name).delete() }
        }
    }

    private fun <T> counted(answer: () -> T): T {
        asked.incrementAndGet()
        return answer()
    }
}
