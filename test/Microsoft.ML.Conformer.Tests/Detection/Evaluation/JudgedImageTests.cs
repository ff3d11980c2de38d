using Microsoft.ML.Conformer.Detection;
using Microsoft.ML.Conformer.Detection.Evaluation;

namespace Microsoft.ML.Conformer.Tests.Detection.Evaluation;

[TestClass]
public sealed class JudgedImageTests
{
    private static readonly ImageBox _box = new(100, 100, 40, 40);

    /// <summary>Moves a box by a share of its width: its IoU to the box is (1 - share) / (1 + share).</summary>
    private static ImageBox Moved(double share) => _box with { Left = _box.Left + share * _box.Width };

    [TestMethod]
    [DataRow(0, 0.0, nameof(Judgment.Right))]
    [DataRow(0, 0.33, nameof(Judgment.Right))]
    [DataRow(0, 0.34, nameof(Judgment.WrongPlace))]
    [DataRow(0, 0.8, nameof(Judgment.WrongPlace))]
    [DataRow(0, 0.83, nameof(Judgment.Background))]
    [DataRow(1, 0.33, nameof(Judgment.WrongClass))]
    [DataRow(1, 0.34, nameof(Judgment.WrongClassAndPlace))]
    [DataRow(1, 0.83, nameof(Judgment.Background))]
    [DataRow(1, 2.0, nameof(Judgment.Background))]
    public void ADetectionIsJudgedByItsOverlapAndItsClass(int classIndex, double moved, string expected)
    {
        var judged = JudgedImage.Of([new TrueObject(0, _box, 1600)], [new FoundObject(classIndex, Moved(moved), 0.9)], 0);

        Assert.AreEqual(expected, judged.Found.Single().Judgment.ToString());
        Assert.AreEqual(expected != nameof(Judgment.Right), judged.Objects.Single().IsMissed);
    }

    [TestMethod]
    public void ASecondDetectionOfAnObjectIsADuplicateAndTheOneOfTheHigherScoreIsRight()
    {
        var judged = JudgedImage.Of(
            [new TrueObject(0, _box, 1600)], [new FoundObject(0, _box, 0.5), new FoundObject(0, Moved(0.1), 0.9)], 0);

        CollectionAssert.AreEqual(
            new[] { (0.9, Judgment.Right), (0.5, Judgment.Duplicate) },
            judged.Found.Select(one => (one.Object.Score, one.Judgment)).ToArray());
        Assert.AreEqual(new DetectionMistakes(1, 0, 0, 1, 0, 0, 0), judged.Count(0));
    }

    [TestMethod]
    public void CrowdsMakeDetectionsNeitherRightNorWrongAndAreNotMissed()
    {
        var judged = JudgedImage.Of(
            [new TrueObject(0, _box, 1600, IsCrowd: true)],
            [new FoundObject(0, _box, 0.9), new FoundObject(0, new ImageBox(105, 105, 9, 9), 0.8), new FoundObject(1, _box, 0.7)], 0);

        CollectionAssert.AreEqual(
            new[] { Judgment.Ignored, Judgment.Ignored, Judgment.Background }, judged.Found.Select(one => one.Judgment).ToArray());
        Assert.AreEqual(DetectionMistakes.None, judged.Count(0));
        Assert.AreEqual(1, judged.Count(1).Background);
    }

    [TestMethod]
    public void DetectionsBelowTheLeastScoreCountNowhere()
    {
        var judged = JudgedImage.Of(
            [new TrueObject(0, _box, 1600)], [new FoundObject(0, _box, 0.29), new FoundObject(1, _box, 0.31)], 0.3);

        Assert.AreEqual(new DetectionMistakes(0, 0, 0, 0, 0, 0, Missed: 1), judged.Count(0));
        Assert.AreEqual(new DetectionMistakes(0, 0, WrongClass: 1, 0, 0, 0, 0), judged.Count(1));
    }

    [TestMethod]
    public void WrongCountsAllKindsAndSumsAddEach()
    {
        var sum = DetectionMistakes.Sum([new(1, 2, 3, 4, 5, 6, 7), new(10, 20, 30, 40, 50, 60, 70)]);

        Assert.AreEqual(new DetectionMistakes(11, 22, 33, 44, 55, 66, 77), sum);
        Assert.AreEqual(220, sum.Wrong);
    }
}
