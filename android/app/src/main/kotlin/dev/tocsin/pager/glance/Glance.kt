package dev.tocsin.pager.glance

import android.content.Context
import androidx.annotation.DrawableRes
import androidx.annotation.StringRes
import dev.tocsin.core.HomeScreen
import dev.tocsin.core.Light
import dev.tocsin.core.Pager
import dev.tocsin.core.PagerException
import dev.tocsin.pager.R
import dev.tocsin.pager.phone.Phone
import kotlinx.coroutines.flow.distinctUntilChanged
import kotlinx.coroutines.flow.dropWhile
import kotlinx.coroutines.flow.map

/** "Am I pageable?" in one look: the core's light and its first reason. */
data class Glance(
    val light: Light,
    /** Why it is not green. */
    val reason: String?,
) {
    /** The light in words, for whoever does not see it. */
    @get:StringRes
    val word: Int
        get() =
            when (light) {
                Light.GREEN -> R.string.glance_green
                Light.AMBER -> R.string.glance_amber
                Light.RED -> R.string.glance_red
            }

    /** The light as a picture: a mark as well as a colour. */
    @get:DrawableRes
    val picture: Int
        get() =
            when (light) {
                Light.GREEN -> R.drawable.ic_light_green
                Light.AMBER -> R.drawable.ic_light_amber
                Light.RED -> R.drawable.ic_light_red
            }

    companion object {
        /** What there is to see at home now. Without an owner a phone wakes nobody. */
        fun of(
            context: Context,
            home: HomeScreen?,
        ): Glance =
            if (home == null) {
                Glance(Light.RED, context.getString(R.string.glance_not_enrolled))
            } else {
                Glance(home.readiness.light, reason(home))
            }

        /** What there is to see as soon as it is known; opens the pager. */
        fun now(context: Context): Glance? {
            val pager = Phone.pager(context)
            val home = Phone.home.value
            return if (home == null && isSomebodys(pager)) null else of(context, home)
        }

        private fun isSomebodys(pager: Pager): Boolean =
            try {
                pager.me() != null
            } catch (_: PagerException) {
                false
            }

        private fun reason(home: HomeScreen) =
            home.problems.firstOrNull() ?: home.readiness.findings
                .firstOrNull()
                ?.what

        /** Shows on tile and widget whatever is new, once the pager is open; never returns. */
        suspend fun follow(context: Context) =
            Phone.home
                .dropWhile { it == null }
                .map { of(context, it) }
                .distinctUntilChanged()
                .collect {
                    PageableWidget.show(context, it)
                    PageableTile.refresh(context)
                }
    }
}
