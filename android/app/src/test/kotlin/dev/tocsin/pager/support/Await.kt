package dev.tocsin.pager.support

import android.os.Looper
import org.robolectric.Shadows.shadowOf

/** Longer than anything takes on a busy machine, in milliseconds. */
const val PATIENCE_MS = 60_000L

private const val LOOK_EVERY_MS = 20L

/** Lets everything go on until this holds. */
fun await(
    what: String,
    holds: () -> Boolean,
) {
    val giveUp = System.nanoTime() + PATIENCE_MS * 1_000_000
    while (!holds()) {
        check(System.nanoTime() < giveUp) { "never: $what" }
        shadowOf(Looper.getMainLooper()).idle()
        Thread.sleep(LOOK_EVERY_MS)
    }
}

/** Lets everything go on until this is there. */
fun <T : Any> awaitSome(
    what: String,
    find: () -> T?,
): T {
    var found: T? = null
    await(what) {
        found = find()
        found != null
    }
    return checkNotNull(found)
}
