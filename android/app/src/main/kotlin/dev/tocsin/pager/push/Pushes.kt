package dev.tocsin.pager.push

import android.content.Context
import dev.tocsin.core.Pager
import dev.tocsin.core.PagerException
import dev.tocsin.core.PushOffer
import dev.tocsin.core.Transport
import dev.tocsin.pager.phone.Phone
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.updateAndGet

/**
 * The ways for pushes to reach this phone: their addresses go to the server, their troubles to the person.
 *
 * The core tells the server until it has exactly the addresses that stand here, so every change is said to
 * the core at once and never repeated by hand. One for a process.
 */
class Pushes(
    private val context: Context,
) {
    private val book = PushBook(context)
    private val standing = MutableStateFlow(book.read())
    private val added = mutableListOf<PushWay>(UnifiedPushWay)

    /** How the ways stand. */
    val state: StateFlow<PushState> = standing.asStateFlow()

    /** The ways that this build has. */
    val ways: List<PushWay> get() = added

    /** A way that only some builds have; see the flavours' own sources. */
    fun add(way: PushWay) {
        added += way
    }

    /**
     * Asks for an address by every way that the server offers, or renews those there are. Done whenever the
     * app starts and once a day: an app that delivers may have been replaced, and the server's key as well.
     */
    suspend fun renew(pager: Pager) {
        val offer =
            try {
                pager.pushOffer()
            } catch (_: PagerException.Unreachable) {
                ways.forEach { if (address(it) == null) failed(it.transport, PushTrouble.NO_SERVER) }
                return
            } catch (_: PagerException) {
                return
            }
        ways.forEach { renew(it, offer) }
        RenewJob.schedule(context)
    }

    private fun renew(
        way: PushWay,
        offer: PushOffer,
    ) {
        if (way.transport !in offer.transports) {
            failed(way.transport, PushTrouble.NO_OFFER)
            return
        }
        if (address(way) == null) change(way.transport) { WayState() }
        way.register(context, offer)
    }

    /** This way has an address, maybe another than before. */
    fun arrived(
        transport: Transport,
        address: String,
    ) = change(transport) { WayState(address) }

    /** Something is the matter with this way: it has no address, or no longer, unless the trouble passes. */
    fun failed(
        transport: Transport,
        trouble: PushTrouble,
    ) = change(transport) { WayState(it.address.takeIf { trouble.passes }, trouble) }

    /** A push came, sealed to this device: the core opens it. */
    fun received(
        transport: Transport,
        bytes: ByteArray,
    ) = Phone.receivePush(context, transport, bytes)

    /** This phone is nobody's any more. */
    fun forget() {
        ways.forEach { it.unregister(context) }
        standing.value = PushState()
        book.write(PushState())
    }

    private fun address(way: PushWay) = state.value.ways[way.transport]?.address

    private fun change(
        transport: Transport,
        become: (WayState) -> WayState,
    ) {
        val before = state.value.endpoints()
        val now =
            standing.updateAndGet {
                PushState(it.ways + (transport to become(it.ways[transport] ?: WayState())))
            }
        book.write(now)
        if (now.endpoints() != before) tell()
    }

    private fun tell() {
        try {
            Phone.pager(context).pushEndpoints(state.value.endpoints())
        } catch (_: PagerException.NotEnrolled) {
            // Nobody is to be told; the addresses are told when the phone is enrolled and renews them.
        }
    }
}
