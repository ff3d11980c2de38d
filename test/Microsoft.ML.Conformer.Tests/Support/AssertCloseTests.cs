namespace Microsoft.ML.Conformer.Tests.Support;

[TestClass]
public sealed class AssertCloseTests
{
    [TestMethod]
    public void WhatIsWithinTheToleranceIsClose()
    {
        Assert.AreClose([1.0, -2, double.PositiveInfinity], [1.01f, -2.01f, float.PositiveInfinity], 0.02, "absolute");
        Assert.AreClose([100.0, 0], [101f, 0], 0, "relative", relative: 0.011);
        Assert.AreClose(Array.Empty<double>(), Array.Empty<float>(), 0, "nothing");
    }

    [TestMethod]
    [DataRow(1f, 2.03f, 3f, "value 1 of 3 is 2.02999997, expected 2")]
    [DataRow(1f, 2.03f, 3.1f, "value 2 of 3")]
    [DataRow(float.NaN, 2f, 9f, "value 0 of 3 is NaN")]
    [DataRow(1f, 2f, float.NegativeInfinity, "value 2 of 3")]
    public void TheMessageHasTheWorstValuesPlace(float first, float second, float third, string expected)
    {
        var error = Assert.ThrowsExactly<AssertFailedException>(() =>
            Assert.AreClose([1, 2, 3], [first, second, third], 0.02, "it"));

        StringAssert.Contains(error.Message, expected);
    }

    [TestMethod]
    public void ADifferentNumberOfValuesIsNotClose() =>
        Assert.ThrowsExactly<AssertFailedException>(() => Assert.AreClose([1.0, 2], [1f], 10, "it"));
}
