package dev.tocsin.pager.phone

import android.app.KeyguardManager
import android.content.BroadcastReceiver
import android.content.Context
import android.content.Intent
import android.content.IntentFilter
import android.os.PowerManager
import androidx.core.content.ContextCompat
import kotlinx.coroutines.channels.awaitClose
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.callbackFlow

/**
 * Whether this phone may be in other hands than its owner's: it is locked, or its screen is dark. A dark phone
 * locks itself only some time later, by its owner's choice, and the system tells nobody when.
 */
fun Context.isLocked(): Boolean =
    getSystemService(KeyguardManager::class.java).isKeyguardLocked ||
        !getSystemService(PowerManager::class.java).isInteractive

/** Says something now and whenever [isLocked] may have changed. */
fun Context.locks(): Flow<Unit> =
    callbackFlow {
        val receiver =
            object : BroadcastReceiver() {
                override fun onReceive(
                    context: Context,
                    intent: Intent,
                ) {
                    trySend(Unit)
                }
            }
        val turns =
            IntentFilter(Intent.ACTION_USER_PRESENT).apply {
                addAction(Intent.ACTION_SCREEN_OFF)
                addAction(Intent.ACTION_SCREEN_ON)
            }
        ContextCompat.registerReceiver(this@locks, receiver, turns, ContextCompat.RECEIVER_NOT_EXPORTED)
        trySend(Unit)
        awaitClose { unregisterReceiver(receiver) }
    }
