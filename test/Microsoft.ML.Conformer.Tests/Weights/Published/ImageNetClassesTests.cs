using Microsoft.ML.Conformer.Weights.Published;

namespace Microsoft.ML.Conformer.Tests.Weights.Published;

[TestClass]
public sealed class ImageNetClassesTests
{
    [TestMethod]
    public void ThereAreAThousandNamesWithoutEqualOnes()
    {
        Assert.AreEqual(1000, ImageNetClasses.Names.Count);
        Assert.AreEqual(1000, ImageNetClasses.Names.Distinct(StringComparer.OrdinalIgnoreCase).Count());
        Assert.IsTrue(ImageNetClasses.Names.All(name => name.Length > 0 && name == name.Trim()));
    }

    [TestMethod]
    [DataRow(0, "tench")]
    [DataRow(1, "goldfish")]
    [DataRow(2, "great white shark")]
    [DataRow(134, "crane (wading bird)")]
    [DataRow(207, "golden retriever")]
    [DataRow(263, "Pembroke")]
    [DataRow(264, "Cardigan (corgi)")]
    [DataRow(281, "tabby")]
    [DataRow(285, "Egyptian cat")]
    [DataRow(386, "African elephant")]
    [DataRow(388, "giant panda")]
    [DataRow(463, "bucket")]
    [DataRow(474, "cardigan (sweater)")]
    [DataRow(517, "crane (lifting device)")]
    [DataRow(530, "digital clock")]
    [DataRow(604, "hourglass")]
    [DataRow(638, "maillot (tights)")]
    [DataRow(639, "maillot (swimsuit)")]
    [DataRow(817, "sports car")]
    [DataRow(985, "daisy")]
    [DataRow(999, "toilet tissue")]
    public void KnownClassesHaveTheirPlaces(int index, string name) => Assert.AreEqual(name, ImageNetClasses.Names[index]);
}
