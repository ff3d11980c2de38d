using Microsoft.ML.Conformer.Networks.Conformer;
using Microsoft.ML.Conformer.Tests.Goldens;

namespace Microsoft.ML.Conformer.Tests.Weights;

[TestClass]
public sealed class ConformerKeyMapGoldenTests
{
    public static IEnumerable<object?[]> Maps => GoldenFiles.Named("mmpretrain_key_map*.json").Cases();

    [TestMethod]
    [DynamicData(nameof(Maps))]
    public void EveryMmpretrainNameHasItsOfficialNameAndBack(string? file)
    {
        foreach (var pair in GoldenFiles.Read(file).GetProperty("map").EnumerateArray())
        {
            var (mmpretrain, official) = (pair[0].GetString()!, pair[1].GetString()!);
            Assert.AreEqual(official, ConformerKeyMap.ToOfficial(mmpretrain));
            Assert.AreEqual(official, ConformerKeyMap.ToOfficial(official));
            Assert.AreEqual(mmpretrain, ConformerKeyMap.ToMmpretrain(official));
        }
    }
}
