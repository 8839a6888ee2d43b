package dev.tocsin.pager.screens

import dev.tocsin.core.Pager
import dev.tocsin.core.PagerException
import dev.tocsin.pager.ui.Intent

/**
 * Does to a ticket or to the pager itself what the person wants, and tells whether it was a matter for the
 * core at all. What it thinks of it the core shows on the screens.
 */
fun Pager.perform(wish: Intent): Boolean =
    try {
        done(wish)
    } catch (_: PagerException.NotEnrolled) {
        // This phone has just become nobody's; the screens say so.
        true
    }

private fun Pager.done(wish: Intent): Boolean {
    when (wish) {
        is Intent.CheckIn -> checkIn(wish.ticket)
        is Intent.CheckInAll -> checkInAll()
        is Intent.Cannot -> cannotHelp(wish.ticket, wish.reason)
        is Intent.StartWork -> startWork(wish.ticket)
        is Intent.Resolve -> resolve(wish.ticket)
        is Intent.Reopen -> reopen(wish.ticket)
        is Intent.AskHelp -> askHelp(wish.ticket, wish.target, wish.message)
        is Intent.AddNote -> addNote(wish.ticket, wish.text)
        is Intent.UpdateStatus -> updateStatus(wish.ticket, wish.text)
        is Intent.ExtendLimit -> extendLimit(wish.ticket, wish.seconds, wish.reason)
        is Intent.Reassign -> reassign(wish.ticket, wish.person)
        is Intent.SetSeverity -> setSeverity(wish.ticket, wish.severity)
        is Intent.Convene -> convene(wish.ticket)
        is Intent.NameRole -> nameRole(wish.ticket, wish.person, wish.role)
        is Intent.Seen -> seen(wish.ticket)
        is Intent.DismissNotice -> dismissNotice(wish.number)
        is Intent.IKnow -> iKnow()
        else -> return false
    }
    return true
}
