package dev.tocsin.pager.push

import android.content.Context
import androidx.annotation.StringRes
import dev.tocsin.core.PushOffer
import dev.tocsin.core.Transport

/**
 * One way for a push to reach this phone.
 *
 * A way only fetches an address and hands bytes over: what it is given or loses it says to [Pushes], and
 * what comes goes unopened to the core, which alone has the keys.
 */
interface PushWay {
    /** How the server calls it. */
    val transport: Transport

    /** What people call it. */
    @get:StringRes
    val title: Int

    /** What to try when it does not work. */
    @get:StringRes
    val troubleshoot: Int

    /**
     * Asks for an address, or says that the one it gave is still wanted. The answer comes later, to
     * [Pushes.arrived] or [Pushes.failed].
     */
    fun register(
        context: Context,
        offer: PushOffer,
    )

    /** Gives the address back; nothing comes to it from now on. */
    fun unregister(context: Context)
}
