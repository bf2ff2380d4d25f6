"""What must not matter: legal exchanges drawn and varied, none of which may be accused of anything."""

# Each module binds its variations to the table as it loads.
from conformance.proof.variations import content as content
from conformance.proof.variations import delivery as delivery
from conformance.proof.variations import endings as endings
from conformance.proof.variations import exchanges as exchanges
from conformance.proof.variations import framing as framing
from conformance.proof.variations import messages as messages
from conformance.proof.variations import steps as steps
from conformance.proof.variations import writing as writing
from conformance.proof.variations.accusation import Accusation as Accusation
from conformance.proof.variations.accusation import accusations as accusations
from conformance.proof.variations.accusation import accused as accused
from conformance.proof.variations.accusation import against as against
from conformance.proof.variations.draw import Draw as Draw
from conformance.proof.variations.registry import VARIATIONS as VARIATIONS
from conformance.proof.variations.registry import Variation as Variation
from conformance.proof.variations.vary import Recipe as Recipe
from conformance.proof.variations.vary import Varied as Varied
from conformance.proof.variations.vary import again as again
from conformance.proof.variations.vary import shrunk as shrunk
from conformance.proof.variations.vary import variations as variations
from conformance.proof.variations.vary import vary as vary
