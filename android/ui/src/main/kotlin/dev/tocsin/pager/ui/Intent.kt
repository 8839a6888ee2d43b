package dev.tocsin.pager.ui

import dev.tocsin.core.Code
import dev.tocsin.core.HelpTarget
import dev.tocsin.core.IncidentRole
import dev.tocsin.core.PersonId
import dev.tocsin.core.Severity
import dev.tocsin.core.TicketId

/**
 * What a person wants.
 *
 * This room shows states and gives these back; it exists so that every screen can be drawn, tested and
 * translated without an engine behind it. It promises to show what the core says and no more: which deeds a
 * ticket has, whom one may ask, what is wrong with the device. It may call Compose and the core's types.
 */
sealed interface Intent {
    /** The person answers the page of this ticket. */
    data class CheckIn(
        val ticket: TicketId,
    ) : Intent

    /** The person answers every page that rings. */
    data object CheckInAll : Intent

    /** The person cannot come: the next one is paged. [reason] is for whoever reads the timeline. */
    data class Cannot(
        val ticket: TicketId,
        val reason: String?,
    ) : Intent

    /** Work begins; for whoever does not own the ticket, taking it over. */
    data class StartWork(
        val ticket: TicketId,
    ) : Intent

    /** The trouble is over. */
    data class Resolve(
        val ticket: TicketId,
    ) : Intent

    /** The trouble was not over. */
    data class Reopen(
        val ticket: TicketId,
    ) : Intent

    /** Somebody is paged for help; [message] says what for. */
    data class AskHelp(
        val ticket: TicketId,
        val target: HelpTarget,
        val message: String,
    ) : Intent

    /** Something is written down for everybody who looks at the ticket. */
    data class AddNote(
        val ticket: TicketId,
        val text: String,
    ) : Intent

    /** Everybody who waits is told how things stand. */
    data class UpdateStatus(
        val ticket: TicketId,
        val text: String,
    ) : Intent

    /** A manager moves the running limit by so many seconds. */
    data class ExtendLimit(
        val ticket: TicketId,
        val seconds: UInt,
        val reason: String,
    ) : Intent

    /** The ticket goes to somebody else, who is paged. */
    data class Reassign(
        val ticket: TicketId,
        val person: PersonId,
    ) : Intent

    /** It is worse than it was thought to be, or not as bad. */
    data class SetSeverity(
        val ticket: TicketId,
        val severity: Severity,
    ) : Intent

    /** A conference is called together. */
    data class Convene(
        val ticket: TicketId,
    ) : Intent

    /** The person joins the conference, which is at [url]. */
    data class JoinConference(
        val ticket: TicketId,
        val url: String,
    ) : Intent

    /** Somebody gets a role in the conference. */
    data class NameRole(
        val ticket: TicketId,
        val person: PersonId,
        val role: IncidentRole,
    ) : Intent

    /** The page of this ticket is in front of the person's eyes. */
    data class Seen(
        val ticket: TicketId,
    ) : Intent

    /** The page of this ticket is to be in front. */
    data class ShowPage(
        val ticket: TicketId,
    ) : Intent

    /** The ticket with its timeline is to be shown. */
    data class OpenTicket(
        val ticket: TicketId,
    ) : Intent

    /** Another app is to open this address: a page of the web, or `tel:`. */
    data class OpenAddress(
        val url: String,
    ) : Intent

    /** The person has read a notice. */
    data class DismissNotice(
        val number: Long,
    ) : Intent

    /** The person knows what the pager is alarmed about. */
    data object IKnow : Intent

    /** A page's whole way is tried without a page; [audible]: up to the sound. */
    data class OrderDrill(
        val audible: Boolean,
    ) : Intent

    /** The setting that mends this finding is to be shown. */
    data class Fix(
        val code: Code,
    ) : Intent

    /** The setting of this phone's maker that puts apps to sleep is to be shown. */
    data object FixMaker : Intent

    /** Another tab is to be shown. */
    data class Show(
        val tab: Tab,
    ) : Intent

    /** What is in front is to go away. */
    data object Back : Intent

    /** What the server was asked is to be asked again. */
    data object Refresh : Intent

    /** The camera is to read an enrolment code. */
    data object Scan : Intent

    /** Address and code are to be typed. */
    data object TypeCode : Intent

    /** This device enrols with what was typed. */
    data class Enroll(
        val server: String,
        val code: String,
    ) : Intent

    /** The person means the unencrypted address that they were asked about. */
    data object AllowPlainHttp : Intent

    /** When a connection of the app's own is kept open. */
    data class SetLive(
        val choice: LiveChoice,
    ) : Intent

    /** The siren is at least so loud, in percent of full volume. */
    data class SetVolumeFloor(
        val percent: Int,
    ) : Intent

    /** Whether the phone vibrates with the siren. */
    data class SetVibrate(
        val on: Boolean,
    ) : Intent

    /** Whether the torch flashes with the siren. */
    data class SetTorch(
        val on: Boolean,
    ) : Intent

    /** The system's setting for this app's language is to be shown. */
    data object OpenLanguage : Intent

    /** The log is handed to another app, for a supporter. */
    data object ShareLog : Intent

    /** This device ends being a pager; everything on it is forgotten. */
    data object Forget : Intent
}
