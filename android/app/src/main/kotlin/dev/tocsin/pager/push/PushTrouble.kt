package dev.tocsin.pager.push

import androidx.annotation.StringRes
import dev.tocsin.pager.R

/**
 * What is the matter with a way. Its [text] says what to do next.
 *
 * One that [passes] leaves the address as it is: it says why a renewal failed or that pushes come late, not
 * that none will come. What UnifiedPush's reasons mean is in
 * https://unifiedpush.org/developers/spec/android.
 */
enum class PushTrouble(
    @get:StringRes val text: Int,
    val passes: Boolean = false,
) {
    /** No app on this phone delivers pushes. */
    NO_APP(R.string.push_no_app),

    /** The server does not push by this way. */
    NO_OFFER(R.string.push_no_offer),

    /** The server's key is not of the form that RFC 8292 has. */
    BAD_KEY(R.string.push_bad_key),

    /** The server could not be asked what it offers. */
    NO_SERVER(R.string.push_no_server, passes = true),

    /** The push app did not reach its own service, and can be asked again when there is a network. */
    NETWORK(R.string.push_network, passes = true),

    /** The push app wants something of the person first. */
    ACTION_REQUIRED(R.string.push_action_required),

    /** The push app failed, and can be asked again at once. */
    INTERNAL(R.string.push_internal, passes = true),

    /** The push app ended the registration. */
    UNREGISTERED(R.string.push_unregistered),

    /** The push app is away, and says that it comes back. */
    TEMPORARILY_UNAVAILABLE(R.string.push_temporarily_unavailable, passes = true),
}
