package dev.tocsin.pager.ui

import androidx.annotation.StringRes
import dev.tocsin.core.Deed
import dev.tocsin.core.IncidentRole
import dev.tocsin.core.Light
import dev.tocsin.core.Severity

/** What a button for this says. */
@get:StringRes
internal val Deed.label: Int
    get() =
        when (this) {
            Deed.CHECK_IN -> R.string.check_in
            Deed.START_WORK -> R.string.start_work
            Deed.RESOLVE -> R.string.resolve
            Deed.REOPEN -> R.string.reopen
            Deed.CANNOT_HELP -> R.string.cannot
            Deed.ASK_HELP -> R.string.ask_help
            Deed.JOIN_CONFERENCE -> R.string.join_conference
            Deed.CONVENE -> R.string.convene
            Deed.NAME_ROLE -> R.string.name_role
            Deed.UPDATE_STATUS -> R.string.update_status
            Deed.EXTEND_LIMIT -> R.string.extend_limit
            Deed.REASSIGN -> R.string.reassign
            Deed.SET_SEVERITY -> R.string.set_severity
            Deed.ADD_NOTE -> R.string.add_note
        }

/** What somebody does in an incident. */
@get:StringRes
internal val IncidentRole.label: Int
    get() =
        when (this) {
            IncidentRole.COMMANDER -> R.string.role_commander
            IncidentRole.COMMUNICATIONS -> R.string.role_communications
            IncidentRole.RESPONDER -> R.string.role_responder
        }

/** A severity as it is called in every language. */
internal val Severity.word: String
    get() =
        when (this) {
            Severity.SEV1 -> "SEV1"
            Severity.SEV2 -> "SEV2"
            Severity.SEV3 -> "SEV3"
            Severity.SEV4 -> "SEV4"
            Severity.SEV5 -> "SEV5"
        }

/** A light in two words. */
@get:StringRes
internal val Light.short: Int
    get() =
        when (this) {
            Light.GREEN -> R.string.light_green_short
            Light.AMBER -> R.string.light_amber_short
            Light.RED -> R.string.light_red_short
        }

/** A light as the answer to "would this phone wake me?". */
@get:StringRes
internal val Light.answer: Int
    get() =
        when (this) {
            Light.GREEN -> R.string.would_wake
            Light.AMBER -> R.string.might_not_wake
            Light.RED -> R.string.would_not_wake
        }
