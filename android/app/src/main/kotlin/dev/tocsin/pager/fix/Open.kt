package dev.tocsin.pager.fix

import android.content.ActivityNotFoundException
import android.content.Context
import android.content.Intent

/** Opens the first of these screens that this phone has and lets us open. Tells whether there was one. */
fun Context.openFirst(screens: List<Intent>): Boolean = screens.any(::opens)

private fun Context.opens(screen: Intent): Boolean =
    try {
        startActivity(screen)
        true
    } catch (_: ActivityNotFoundException) {
        false
    } catch (_: SecurityException) {
        // Some makers keep these screens to themselves.
        false
    }
