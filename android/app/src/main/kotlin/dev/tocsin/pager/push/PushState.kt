package dev.tocsin.pager.push

import dev.tocsin.core.PushEndpoint
import dev.tocsin.core.Transport

/**
 * How one way stands: with an address, in trouble, with both when the trouble passes, or with neither while an
 * answer is awaited.
 */
data class WayState(
    /** Where the server is to push. */
    val address: String? = null,
    /** What is the matter with it, if anything is. */
    val trouble: PushTrouble? = null,
)

/** How all ways stand. */
data class PushState(
    val ways: Map<Transport, WayState> = emptyMap(),
) {
    /** Whether the server can push here by any way. */
    val reachable: Boolean
        get() = ways.values.any { it.address != null }

    /** What the core tells the server, in order of preference: what needs no vendor first. */
    fun endpoints(): List<PushEndpoint> = listOfNotNull(webPush(), fcm())

    private fun webPush() = address(Transport.WEB_PUSH)?.let(PushEndpoint::WebPush)

    private fun fcm() = address(Transport.FCM)?.let(PushEndpoint::Fcm)

    private fun address(transport: Transport) = ways[transport]?.address
}
