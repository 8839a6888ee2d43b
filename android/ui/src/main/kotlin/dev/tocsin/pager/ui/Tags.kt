package dev.tocsin.pager.ui

import dev.tocsin.core.Code
import dev.tocsin.core.Deed
import dev.tocsin.core.TicketId

/** Names of the main controls, for tests of whoever puts these screens to use. */
object Tags {
    const val CHECK_IN = "check-in"
    const val CHECK_IN_ALL = "check-in-all"
    const val CANNOT = "cannot"
    const val I_KNOW = "i-know"
    const val MORE = "more"
    const val CONFIRM = "confirm"
    const val CANCEL = "cancel"
    const val WORDS = "words"
    const val LIMIT = "limit"
    const val LIST = "list"
    const val NOT_SENT = "not-sent"
    const val OFFLINE = "offline"
    const val FORGET = "forget"
    const val ENROLL = "enroll"
    const val SERVER = "server"
    const val CODE = "code"
    const val SCAN = "scan"
    const val DRILL_SILENT = "drill-silent"
    const val DRILL_AUDIBLE = "drill-audible"

    /** The button for a deed. */
    fun deed(deed: Deed) = "deed-$deed"

    /** A ticket in a list, or a page. */
    fun ticket(ticket: TicketId) = "ticket-$ticket"

    /** A tab of the main screen. */
    fun tab(tab: Tab) = "tab-$tab"

    /** The button that mends a finding. */
    fun fix(code: Code) = "fix-$code"
}
