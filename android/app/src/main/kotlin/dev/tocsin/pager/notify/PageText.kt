package dev.tocsin.pager.notify

import android.content.Context
import dev.tocsin.core.HomeScreen
import dev.tocsin.core.PageCard
import dev.tocsin.core.PageStatus
import dev.tocsin.core.SirenReason
import dev.tocsin.core.TicketId
import dev.tocsin.pager.R

/** What a person can do from the notification, without opening anything. */
sealed interface Offer {
    /** I have it. */
    data class CheckIn(
        val ticket: TicketId,
    ) : Offer

    /** I have all of them. */
    data object CheckInAll : Offer

    /** Page the next. */
    data class Cannot(
        val ticket: TicketId,
    ) : Offer

    /** The pager's own alarm was heard. */
    data object IKnow : Offer
}

/** What the notification says. */
data class PageText(
    val title: String,
    val text: String,
    val offers: List<Offer> = emptyList(),
) {
    companion object {
        /** As things stand. [hides]: without what the pages are about. */
        fun of(
            context: Context,
            home: HomeScreen?,
            hides: Boolean,
        ): PageText =
            when (home?.siren?.reason) {
                SirenReason.PAGES -> {
                    ofPages(context, home.pages.filter { it.status == PageStatus.RINGING }, hides)
                }

                SirenReason.OUT_OF_TOUCH -> {
                    outOfTouch(context, home)
                }

                SirenReason.DRILL -> {
                    PageText(
                        context.getString(R.string.notify_drill),
                        context.getString(R.string.notify_drill_about),
                    )
                }

                null -> {
                    paged(context)
                }
            }

        private fun ofPages(
            context: Context,
            pages: List<PageCard>,
            hides: Boolean,
        ): PageText {
            val worst = pages.firstOrNull() ?: return paged(context)
            val several = pages.size > 1
            val offers =
                if (several) {
                    listOf(Offer.CheckInAll)
                } else {
                    listOf(Offer.CheckIn(worst.ticket), Offer.Cannot(worst.ticket))
                }
            return when {
                hides -> {
                    paged(context).copy(offers = offers)
                }

                several -> {
                    PageText(
                        count(context, pages.size),
                        pages.joinToString("\n", transform = ::line),
                        offers,
                    )
                }

                else -> {
                    PageText(line(worst), "${worst.service}. ${worst.reasonText}", offers)
                }
            }
        }

        private fun outOfTouch(
            context: Context,
            home: HomeScreen,
        ) = PageText(
            context.getString(R.string.notify_out_of_touch),
            home.alarms.firstOrNull { it.siren }?.text ?: context.getString(R.string.notify_open),
            listOf(Offer.IKnow),
        )

        private fun paged(context: Context) =
            PageText(context.getString(R.string.notify_paged), context.getString(R.string.notify_open))

        private fun count(
            context: Context,
            pages: Int,
        ) = context.resources.getQuantityString(R.plurals.notify_pages, pages, pages)

        private fun line(page: PageCard) = "${page.severityText}: ${page.title}"
    }
}
