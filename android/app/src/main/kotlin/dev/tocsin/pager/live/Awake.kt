package dev.tocsin.pager.live

import android.content.Context
import android.os.PowerManager

/** Longer than this nothing keeps the processor awake, in milliseconds. */
const val AWAKE_AT_MOST_MS = 30_000L

/** Does this with the processor kept awake, and lets it sleep as soon as it is done. */
suspend fun <T> Context.awake(work: suspend () -> T): T {
    val power = getSystemService(PowerManager::class.java)
    val lock = power.newWakeLock(PowerManager.PARTIAL_WAKE_LOCK, "tocsin:awake")
    lock.acquire(AWAKE_AT_MOST_MS)
    try {
        return work()
    } finally {
        if (lock.isHeld) lock.release()
    }
}
