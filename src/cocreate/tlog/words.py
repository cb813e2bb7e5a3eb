"""Check words of a root, for people who compare what a screen, a page and a sheet of paper say.

The root's first 60 bits in six words of ten bits each. They catch what went wrong and what was changed later; whoever
writes the record can look for two states with the same words (some 2^30 tries), so a proof compares the whole root.
"""

from typing import Final

from cocreate.tlog.merkle import HASH_SIZE_BYTES

CHECK_WORDS: Final = 6
"""As many as are read aloud without losing the place."""
_WORD_BITS: Final = 10


def check_words(root: bytes) -> str:
    """Six words joined by hyphens, the same wherever the root is the same."""
    if len(root) != HASH_SIZE_BYTES:
        raise ValueError(f"expected a root of {HASH_SIZE_BYTES} bytes, found {len(root)} bytes")
    bits = int.from_bytes(root, "big") >> 8 * HASH_SIZE_BYTES - CHECK_WORDS * _WORD_BITS
    places = range((CHECK_WORDS - 1) * _WORD_BITS, -1, -_WORD_BITS)
    return "-".join(WORDS[bits >> place & len(WORDS) - 1] for place in places)


# The order is part of the format: a word's place says its ten bits, and what was printed must stay comparable.
WORDS: Final = tuple(
    """
    abacus academy accent acorn acrobat actor admiral adobe agate agenda airport airship alabaster album alder alley almanac
    almond alphabet alpine aluminum amber amethyst anagram anchor angle antique antler anvil apple apricot apron aquarium
    arcade arch arena armor aroma arrow artist aspen athlete atlas atom attic auburn aurora autumn avocado axle azalea azure
    backpack badge bagel bakery balcony ballet balsam bamboo banana banjo banner bargain barley barn barrel basalt baseball
    basil basket bassoon bazaar beach bead beaver bedrock beetle bell beret berry bicycle birch biscuit bison blanket
    blender blizzard blossom bluff board boat bobbin bonfire bonnet book boomerang border bottle boulder bouquet boxcar
    boxwood bracket branch bravo breeze brick bridge bronze broom brush bubble bucket budget buffalo bugle bulldog bundle
    buoy burlap burrow bushel butter bypass cabbage cabin cable cactus cadet cake calendar camel campus canal candle canoe
    canvas canyon caption caramel carbon cardinal carnival carousel carpet carrot cartoon cascade cashew castle catalog
    cavern cedar celery cellar cement ceramic chalk chamber chapter charcoal cheese cherry chess chicken chimney chipmunk
    chisel choir chorus chowder cider cinema cinnamon circle citadel citrus city clam clarinet cliff climate clinic clipper
    cloak cloud clover coastline cobalt cobble cocoa coffee comet compass concert condor confetti context cookie copper cork
    corner cotton couch cougar council cousin coyote cradle crane crater crayon cream creek crescent cricket crimson crocus
    crow crystal cube cuckoo cucumber cupboard curtain curve cushion cutlet cycle cymbal cypress daffodil dahlia dairy
    dancer dandelion decade decimal deck delta denim dentist derby desert device dewdrop diamond diary digit dinghy dinner
    distance doctor dolphin dome domino donkey doorway dragon drawer dresser drift drizzle drum dune dusk eagle earring
    earth easel echo eclipse effect eggplant elbow elephant elevator elixir emerald endive energy engine enigma envelope
    envoy episode equator ermine errand essay evening evergreen explorer fabric factory falcon family fanfare farm fathom
    fawn feather fedora feline fence fennel fern festival fiddle fidelity field fiesta fifty filter finch finger firefly
    fjord flag flame flannel flask flint floral flurry flute foam focus foghorn fondue footpath forest forge fortress fossil
    fountain foxglove freckle freedom freight frog frost fruit fudge future gadget galaxy gallery garage garden garlic
    garnet gazelle gecko genius geranium gesture geyser giant giggle giraffe glacier gleam glide globe glossary goblet gold
    gondola goose gopher gorilla gourd gown grain grammar granite grape grass gravel grotto guava guest guitar gusto habitat
    haiku halibut halo hamlet hammer hangar harbor harmony harp harvest hatbox haystack hazel headland hedge helium helmet
    herald heron hexagon hibiscus hickory highway hill hinge history hobby hoist holiday holly homestead honey horizon
    hornet horse hotel hour hummus hurdle hyacinth hydrant iceberg icicle idiom igloo imprint index indigo ingot inkblot
    inkwell inlet insect inventor iris ironwood island issue ivory jacket jade jaguar jargon jasmine jasper javelin jelly
    jersey jester jetty jewel jigsaw jockey journal jubilee juggler juice jumper junction jungle juniper jury kale kangaroo
    karate kayak keepsake kelp kernel kettle keyboard keystone kiln kimono kingdom kiosk kitchen kite kiwi knapsack knoll
    koala kumquat label lace ladder ladle lagoon lamp landmark lantern lasso lather latitude lattice laurel lava lavender
    leaf lecture legend lemon lentil leopard lettuce lever library lichen lifeboat lilac lily limerick linen lintel lion
    liquid litmus lizard llama lobster locket locust lodge logbook lotus lounge lozenge luggage lullaby lumber lunar lupine
    lynx lyric macaroni machine mackerel magenta magnet magpie mahogany mammoth mandolin mango manor mantle maple marble
    margin marina market marmot maroon marsh mascot mason match matrix maxim meadow medal medley meerkat melody memory
    mercury merit mesa meteor method metronome midnight migration milk mimic mineral minnow mint mirage mirror mitten mocha
    model moisture molasses monarch mongoose monitor monsoon moon morning mosaic moss moth motor mouse muesli muffin
    mulberry mural museum mushroom music muslin mustard napkin narwhal nature navy nebula nectar needle neutron nickel night
    nimbus nomad noodle notebook nougat novel nozzle nugget nursery nutmeg nylon oasis oatmeal obelisk object oboe observer
    ocean ocelot octagon octopus odyssey offer office olive omega omelet onion onyx opal opera oracle orange orbit orchard
    organ origami osprey ostrich otter outline outpost oven oxcart oxygen oyster paddle pagoda painter pajama palace palette
    palm panda panel panther papaya paper paprika parade parcel parent parka parsley pasture path patio patrol pavilion
    peacock peanut pear pebble pecan pelican pencil pendant penguin pentagon peony pepper percent periscope petal pharmacy
    phoenix photo phrase piano pickle picnic pigeon pigment pillar pilot pine pinwheel pioneer pistachio pitcher pixel plaid
    planet plaster plate plaza plum poem polar polka pollen polygon pond popcorn poppy porch portal postcard potato pottery
    powder prairie pretzel primrose prism propeller proverb prune pudding pulley pumpkin puppet purple puzzle pyramid python
    quail quarry quicksand quill quiz quota raccoon radar radio raft railway rainbow raisin rapids raspberry raven ravine
    recipe record reef reindeer relay relic reservoir rhubarb rhythm ribbon rice ring ripple river robin rodeo roof rooster
    rope rosemary rowboat ruby runway saffron sage sailor salad salmon salt sandal sapling sapphire sardine satchel
    satellite satin saturn savanna sawmill saxophone scale scarf scenery school science scissors scooter scroll sculptor
    seagull seahorse season semaphore serenade sesame shadow shamrock shawl shelf shepherd sherbet shield ship shore shrimp
    shrub shuttle signal silver sketch skipper skylark sleigh snail snow soap soccer sofa solstice sonata soprano soybean
    sparrow spice spider spinach spiral sponge spoon spring spruce spyglass square squid stable stadium staircase stamp star
    station steam steeple stencil stone storm strand street studio suitcase sulfur summer sundial sunflower sunrise sunset
    swallow swan sweater swift switch sycamore symbol syrup tadpole tamarind tandem tangerine tapestry target teacup teapot
    teaspoon telescope tempo tennis terrace theater thicket thimble thistle thorn thread thunder tidepool tiger timber
    tinsel toast toboggan tomato tonic topaz tornado tortoise toucan towel tractor trail trapeze treasure tree trellis
    triangle tribune trident trolley trombone trophy trout truffle trumpet trunk tuba tugboat tulip tundra tunnel turbine
    turkey turnip turquoise turtle twig twilight ukulele umbrella unicorn uniform universe urchin utensil vanilla vapor vase
    vault velvet venture veranda verse vessel viaduct victory village vineyard vintage violet vista vitamin volcano voyage
    wafer waffle wagon waiter wallaby walnut walrus waltz waterfall wave whale wheat wheel whisper wildcat willow window
    winter wisdom wolf wombat wonder woodland wool workshop wreath xylophone yacht yard yellow yogurt zebra zenith zephyr
    zigzag zinc zipper zodiac zucchini
    """.split()  # noqa: SIM905 - a thousand quoted words would be a thousand lines
)
