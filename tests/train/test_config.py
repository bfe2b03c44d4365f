from recsys.train.config import TrainConfig

NAMES = ("articleType", "subCategory", "baseColour", "gender", "year", "brand")


def test_weights_and_margins_follow_the_roles_of_the_attributes():
    config = TrainConfig().for_attributes(NAMES)
    assert config.attributes == dict(zip(NAMES, (1.0, 0.2, 0.8, 0.6, 0.0, 0.5), strict=True))
    assert config.margins == dict(zip(NAMES, (0.35, 0.0, 0.2, 0.15, 0.0, 0.0), strict=True))


def test_a_weight_by_the_name_of_an_attribute_precedes_that_of_its_role():
    config = TrainConfig(attributes={"kind": 1.0, "articleType": 0.7}, margins={}).for_attributes(NAMES)
    assert (config.weight("articleType"), config.weight("gender")) == (0.7, 0.5)
    assert set(config.margins.values()) == {0.0}
