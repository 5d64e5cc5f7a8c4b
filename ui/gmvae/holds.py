"""Which digits each component holds: the table, how well it sorts them, and that no bound promises that it does."""

import html

import streamlit as st
import torch
from torch import Tensor

from ui import models, words
from ui.gmvae.choice import chosen_now
from ui.gmvae.facts import facts, measured_on
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
    codes, found = facts(view)
    table, component = found.table, chosen_now().component
    about = measured_on(view, codes)
    st.caption(
        f"Each of {about} is counted in its most probable component, from one draw of its z. The models never saw a "
        "label."
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
    use = f"In use, the exponential of the shares’ entropy: **{components_in_use(shares):.1f} of {count:,}**"
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
    """All pretrained mixtures: their bound, and how well they sort the images at hand."""
    st.subheader("The best bound is not the best clustering", anchor=False)
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
            f"<td>{clustering_accuracy(found.table):.0%}</td><td>{purity(found.table):.0%}</td>"
            f"<td>{components_in_use(found.shares):.1f}</td>"
            f"<td>{words.dataset(checkpoint.card['dataset'])}</td><td>{words.dataset(codes.dataset)}</td></tr>"
        )
    st.html(
        '<div class="lab-scroll"><table class="lab-table"><thead><tr><th>model</th><th>components</th><th>−ELBO, nats'
        "</th><th>clustering accuracy</th><th>purity</th><th>in use</th><th>trained and its −ELBO measured on</th>"
        f"<th>clustered</th></tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )
    st.markdown(
        "Nothing in the ELBO asks that a component be a digit: it asks for short codes. With 500 components about a "
        "nat is saved and every digit is cut into dozens; with two dimensions −ELBO is over forty nats worse than with "
        "ten, and the components sort the digits nearly as well. Components merge or idle for the same reason: to use "
        "n of K costs no more than log(K/n) nats, and a component learns in proportion to its responsibilities, so "
        "that nothing pulls an idle one back."
    )


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
