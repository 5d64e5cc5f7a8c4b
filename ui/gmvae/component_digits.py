"""Which digits each component holds: the table, how well it sorts them, and why no bound says that it does."""

import html

import streamlit as st
import torch
from torch import Tensor

from ui import models, words
from ui.gmvae.choice import chosen_now
from ui.gmvae.facts import facts, measured_on, with_moved
from ui.images.decoded import montage
from ui.images.splits import model_inputs
from ui.looks import View
from ui.looks.encoded import Encoded, encoded_pretrained
from vaemodels.analysis.clustering import clustering_accuracy, components_in_use, purity
from vaemodels.analysis.mixtures import Occupancy, occupancy
from vaemodels.mixture import GaussianMixture

ROWS = 12  # components in the table, those with the most images
SHOWN = 24  # images of the chosen component
COLUMNS = 12


def render(view: View) -> None:
    """The table beside the chosen component's images, then the models side by side."""
    made = chosen_now()
    codes, found = facts(view, made.moved)
    table, component = found.table, made.component
    st.caption(
        f"Counted here: {measured_on(view, codes)}{with_moved(made.moved)}, each in its most probable component at one "
        "draw of its z. The models never saw a label."
    )
    counts, images = st.columns([5, 4], gap="large")
    with counts:
        _show_table(table, component)
        st.markdown(_in_words(table, found.shares))
    with images:
        _show_images(view, codes.dataset, found, component)
    _compare(view)


def _show_table(table: Tensor, component: int) -> None:
    totals = table.sum(1)
    order = totals.argsort(descending=True, stable=True)[:ROWS].tolist()
    if component not in order:
        order = [*order[:-1], component]
    most = max(int(table.max()), 1)
    rows = "".join(
        f"<tr{' class=lab-here' if i == component else ''}><th>{i + 1}{' ◂' if i == component else ''}</th>"
        + "".join(
            f'<td style="--share:{100 * images / most:.0f}%">{images or "·"}</td>'
            for images in table[i].tolist()
        )
        + f"<td>{int(totals[i])}</td></tr>"
        for i in order
    )
    heads = "".join(f"<th>{digit}</th>" for digit in range(table.shape[1]))
    more = len(table) - len(order)
    st.html(
        '<div class="lab-scroll"><table class="lab-table lab-counts"><thead><tr><th>component</th>'
        f"{heads}<th>images</th></tr></thead><tbody>{rows}</tbody></table></div>"
    )
    if more > 0:
        st.caption(f"The {len(order)} components with the most images; {more} others are left out.")


def _in_words(table: Tensor, shares: Tensor) -> str:
    count = len(table)
    best = f"**{clustering_accuracy(table):.0%}** of the images are right if each digit is given one component alone"
    pure = f"**{purity(table):.0%}** if each component is called by its commonest digit"
    use = (
        "In use, the exponential of the entropy of the shares, mean p(i|z) rather than these counts: "
        f"**{components_in_use(shares):.1f} of {count:,}**"
    )
    warning = (
        " With many components the first number must be low, as ten of them are all that count, and the second high."
        if count > 20
        else ""
    )
    return f"Clustering accuracy: {best}. Purity: {pure}.{warning} {use}."


def _show_images(view: View, dataset: str, found: Occupancy, component: int) -> None:
    places = (found.component == component).nonzero().flatten()
    title = f"Component {component + 1}"
    if not len(places):
        st.markdown(f"{title} is the most probable one of **none** of these images.")
        return
    x, labels = model_inputs(dataset, view.model, len(found.component))
    some = places[:SHOWN]
    listed = ", ".join(map(str, labels[some].tolist()))
    st.html(
        montage(
            x[some],
            view.model.config.image_shape,
            COLUMNS,
            f"Images that component {component + 1} holds: {listed}",
            f"{title}: {'the first ' + str(len(some)) + ' of ' if len(some) < len(places) else ''}the "
            f"{len(places)} images that it holds",
        )
    )


def _compare(view: View) -> None:
    """All pretrained mixtures as trained: their bound, and how well they sort the images at hand."""
    st.subheader("The bound counts nats, accuracy counts names", anchor=False)
    names = [name for name in models.names(("gmvae",)) if name not in models.own()]
    rows = []
    for name, checkpoint in models.present(names).items():
        result = checkpoint.card["evaluation"]
        if result is None:
            continue
        codes, found = _sorted(name)
        rows.append(
            f"<tr{' class=lab-here' if name == view.name else ''}><th>{html.escape(name)}</th>"
            f"<td>{len(found.shares)}</td>"
            f"<td>{words.plus_minus(result['nelbo'], result['stderr']['nelbo'])}</td>"
            f"<td>{_share(clustering_accuracy(found.table), found.table)}</td>"
            f"<td>{_share(purity(found.table), found.table)}</td>"
            f"<td>{components_in_use(found.shares):.1f}</td>"
            f"<td>{words.dataset(checkpoint.card['dataset'])}</td><td>{words.dataset(codes.dataset)}</td></tr>"
        )
    st.html(
        '<div class="lab-scroll"><table class="lab-table"><thead><tr><th>model</th><th>components</th><th>−ELBO, nats'
        "</th><th>clustering accuracy</th><th>purity</th><th>in use</th><th>trained and its −ELBO measured on</th>"
        f"<th>clustered</th></tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )
    st.markdown(
        "Nothing in the ELBO asks that a component be a digit: it asks for short codes. **Compare the accuracy of "
        "equal numbers of components only**: it lets ten count, so that 500 can’t score high, and purity rises with "
        "their number by itself. At ten components each, gmvae-10 has the better bound and sorts better than "
        "gmvae-2d. With its 500 the bound of gmvae is 0.8 nats better still, but a digit is spread over a dozen "
        "components or more: which number you want decides."
    )
    st.caption(
        "± one standard error over the images, of accuracy and purity about √(a(1 − a)/n): on 300 images 3 points, so "
        "that differences of a few points may be chance. Components merge or idle as to use n of K costs no more than "
        "log(K/n) nats, and a component learns in proportion to its responsibilities: nothing pulls an idle one back."
    )


def _share(right: float, table: Tensor) -> str:
    """A share of the images in a table of counts, with its binomial standard error."""
    return f"{100 * right:.0f} ± {100 * (right * (1 - right) / table.sum().item()) ** 0.5:.0f} %"


@st.cache_resource(max_entries=16, show_spinner=False)
def _sorted_by(name: str, dataset: str) -> Occupancy:
    checkpoint = models.pretrained(name)
    codes = encoded_pretrained(name, checkpoint)
    with torch.no_grad():
        prior = checkpoint.model.prior()
    assert codes.std is not None and isinstance(prior, GaussianMixture)
    return occupancy(prior, codes.mean, codes.std, codes.labels)


def _sorted(name: str) -> tuple[Encoded, Occupancy]:
    """The images at hand as a pretrained model encodes them, and its components among them."""
    codes = encoded_pretrained(name, models.pretrained(name))
    return codes, _sorted_by(name, codes.dataset)
