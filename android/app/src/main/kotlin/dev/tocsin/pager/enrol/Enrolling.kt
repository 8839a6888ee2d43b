package dev.tocsin.pager.enrol

import android.os.Build
import androidx.annotation.StringRes
import dev.tocsin.core.Enrolment
import dev.tocsin.core.Pager
import dev.tocsin.core.PagerException
import dev.tocsin.core.readEnrolment
import dev.tocsin.core.typedEnrolment
import dev.tocsin.pager.R
import dev.tocsin.pager.ui.EnrolState
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.launch

/**
 * This phone becoming somebody's pager, by a code that was scanned, opened as a link, or typed.
 *
 * What a code may say the core knows. An unencrypted address is used only after the person was asked about
 * that very address.
 */
class Enrolling(
    private val pager: () -> Pager,
    private val scope: CoroutineScope,
    private val text: (Int) -> String,
    private val enrolled: () -> Unit,
) {
    private val now = MutableStateFlow<EnrolState>(EnrolState.Idle)
    private var asked: Enrolment? = null

    /** How far it is. */
    val state: StateFlow<EnrolState> = now.asStateFlow()

    /** The camera looks for a code. */
    fun scan() {
        now.value = EnrolState.Scanning
    }

    /** No camera can be used. */
    fun blind() = fail(R.string.enrol_no_camera)

    /** Address and code are typed. */
    fun type() {
        now.value = EnrolState.Typing
    }

    /** The person thinks better of it. What the server was asked already it answers all the same. */
    fun cancel() {
        if (now.value == EnrolState.Working) return
        asked = null
        now.value = EnrolState.Idle
    }

    /** A code was scanned, or a link opened: `tocsin://enroll?server=URL&code=CODE`. */
    fun link(link: String) = begin { readEnrolment(link) }

    /** Address and code were typed. */
    fun typed(
        server: String,
        code: String,
    ) = begin { typedEnrolment(server, code) }

    /** The person means the unencrypted address that they were asked about. */
    fun allowPlainHttp() {
        asked?.let { enroll(it, allowPlainHttp = true) }
    }

    private fun begin(read: () -> Enrolment) {
        if (now.value == EnrolState.Working) return
        val enrolment =
            try {
                read()
            } catch (_: PagerException) {
                return fail(R.string.enrol_not_read)
            }
        if (enrolment.plainHttp) {
            asked = enrolment
            now.value = EnrolState.ConfirmingPlainHttp(enrolment.server)
        } else {
            enroll(enrolment, allowPlainHttp = false)
        }
    }

    private fun enroll(
        enrolment: Enrolment,
        allowPlainHttp: Boolean,
    ) {
        asked = null
        now.value = EnrolState.Working
        scope.launch {
            try {
                pager().enroll(enrolment, Build.MODEL, null, allowPlainHttp)
            } catch (problem: PagerException) {
                return@launch fail(advice(problem))
            }
            now.value = EnrolState.Idle
            enrolled()
        }
    }

    private fun fail(
        @StringRes why: Int,
    ) {
        now.value = EnrolState.Failed(text(why))
    }

    @StringRes
    private fun advice(problem: PagerException): Int =
        when (problem) {
            is PagerException.Unreachable -> R.string.enrol_unreachable

            is PagerException.Refused -> R.string.enrol_refused

            is PagerException.Device -> R.string.enrol_device

            is PagerException.NotAnEnrolment,
            is PagerException.NotEnrolled,
            is PagerException.PlainHttp,
            -> R.string.enrol_not_read
        }
}
