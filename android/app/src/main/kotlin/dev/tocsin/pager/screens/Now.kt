package dev.tocsin.pager.screens

import androidx.compose.runtime.Composable
import androidx.compose.runtime.State
import androidx.compose.runtime.produceState
import kotlinx.coroutines.delay

private const val TICK_MS = 1000L

/** The device's clock in UTC milliseconds, anew every second while it is on the screen. */
@Composable
fun rememberNow(): State<Long> =
    produceState(System.currentTimeMillis()) {
        while (true) {
            delay(TICK_MS - System.currentTimeMillis() % TICK_MS)
            value = System.currentTimeMillis()
        }
    }
