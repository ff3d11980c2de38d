using Microsoft.ML.Conformer.Tests.Scoring;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.Conformer.Tests;

[TestClass]
public sealed class ConformerTrainerSchemaTests
{
    private static readonly MLContext _context = new(seed: 1);
    private static readonly IDataView _photos = Photo.View(_context, Photo.Set(6));

    [TestMethod]
    public void TheShapeIsThatOfMulticlassTrainers()
    {
        var shape = OutputShape(_photos, new() { ScoreColumnName = "Probability", PredictedLabelColumnName = "Class" });

        var score = shape.Single(column => column.Name == "Probability");
        Assert.AreEqual(SchemaShape.Column.VectorKind.Vector, score.Kind);
        Assert.AreEqual(NumberDataViewType.Single, score.ItemType);
        Assert.IsTrue(score.Annotations.Any(a => a.Name == "SlotNames" && a.ItemType is TextDataViewType));

        var predicted = shape.Single(column => column.Name == "Class");
        Assert.AreEqual(SchemaShape.Column.VectorKind.Scalar, predicted.Kind);
        Assert.IsTrue(predicted.IsKey);
        Assert.AreEqual(NumberDataViewType.UInt32, predicted.ItemType);
        Assert.IsTrue(predicted.Annotations.Any(a =>
            a.Name == "KeyValues" && a.ItemType is TextDataViewType && a.Kind == SchemaShape.Column.VectorKind.Vector));
        Assert.IsTrue(shape.Any(column => column.Name == "Number"), "the input's columns stay");
    }

    [TestMethod]
    public void NumbersAsLabelsKeepTheirTypeAndNameNoSlots()
    {
        var data = _context.Data.LoadFromEnumerable(Photo.Set(6));
        data = _context.Transforms.Conversion.MapValueToKey("Label", "Number").Fit(data).Transform(data);

        var shape = OutputShape(data, new());

        Assert.IsFalse(shape.Single(column => column.Name == "Score").Annotations.Any(a => a.Name == "SlotNames"));
        Assert.IsTrue(shape.Single(column => column.Name == "PredictedLabel").Annotations
            .Any(a => a.Name == "KeyValues" && a.ItemType == NumberDataViewType.Int32));
    }

    [TestMethod]
    public void AMissingImageColumnIsNamedWithTheColumnsThereAre()
    {
        var error = Refused(_photos, new() { ImageColumnName = "Photo" });

        StringAssert.Contains(error.Message, "Could not find image column 'Photo'");
        StringAssert.Contains(error.Message, "Image, Label, Number");
        StringAssert.Contains(error.Message, "LoadImages");
    }

    [TestMethod]
    public void AnImageColumnOfAnotherTypeIsNamed()
    {
        var error = Refused(_photos, new() { ImageColumnName = "Number" });

        StringAssert.Contains(
            error.Message,
            "Schema mismatch for image column 'Number': expected Image (MLImage), String (files' paths) or a vector of Byte (files' " +
            "contents), got Int32");
    }

    [TestMethod]
    public void AMissingLabelColumnIsNamed() =>
        StringAssert.Contains(Refused(_photos, new() { LabelColumnName = "Class" }).Message, "Could not find label column 'Class'");

    [TestMethod]
    public void ALabelThatIsNoKeyIsToldHowToBecomeOne()
    {
        var error = Refused(_context.Data.LoadFromEnumerable(Photo.Set(6)), new());

        StringAssert.Contains(error.Message, "Schema mismatch for label column 'Label': expected Key<UInt32>, got String");
        StringAssert.Contains(error.Message, "MapValueToKey");
    }

    [TestMethod]
    public void ASingleClassIsRefusedBeforeAnyImageIsRead()
    {
        var data = _context.Data.LoadFromEnumerable([new Photo { Label = "red" }, new Photo { Label = "red" }]);
        data = _context.Transforms.Conversion.MapValueToKey("Label").Fit(data).Transform(data);

        var error = Refused(data, new(), inChain: false);
        StringAssert.Contains(error.Message, "label column 'Label': expected a key over at least 2 classes, got 1 class");
    }

    [TestMethod]
    [DataRow(31, "2147483648")]
    [DataRow(16, "65536")]
    public void AHashIsRefusedBeforeAnyImageIsRead(int bits, string count)
    {
        var data = _context.Data.LoadFromEnumerable([new Photo { Label = "red" }, new Photo { Label = "blue" }]); // without images
        data = _context.Transforms.Conversion.Hash("Label", numberOfBits: bits).Fit(data).Transform(data);

        var error = Refused(data, new(), inChain: false);
        StringAssert.Contains(error.Message, $"label column 'Label': expected a key over at most 65535 classes, got {count}");
        StringAssert.Contains(error.Message, "MapValueToKey");
    }

    [TestMethod]
    public void ImagesOfOneClassAreRefusedEvenWhereTheKeyHasMore()
    {
        var data = Photo.View(_context, Photo.Set(9).Where(photo => photo.Label == "green"));

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => Trainer(new()).Fit(data));

        StringAssert.Contains(error.Message, "All 3 training images have the same label, 'green'");
    }

    [TestMethod]
    public void AnEmptyDataSetIsRefused()
    {
        var error = Assert.ThrowsExactly<InvalidOperationException>(() => Trainer(new()).Fit(Photo.View(_context, [])));

        StringAssert.Contains(error.Message, "The training data has no usable image (column 'Image')");
    }

    [TestMethod]
    public void AValidationSetIsCheckedBeforeTheTrainingImagesAreRead()
    {
        var unread = Photo.View(_context, [new Photo { Label = "red" }, new Photo { Label = "blue" }]); // without images
        var wrong = _context.Data.LoadFromEnumerable([new Plain { Label = 3 }]);

        var error = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Trainer(new() { Validation = { Data = wrong } }).Fit(unread));

        StringAssert.Contains(error.Message, "Schema mismatch for validation label column 'Label'");
    }

    private static SchemaShape OutputShape(IDataView data, ConformerTrainer.Options options)
    {
        // SchemaShape.Create is not public; an estimator that adds nothing of note gives the shape of a schema.
        SchemaShape? shape = null;
        var probe = new ShapeProbe(input => shape = Trainer(options).GetOutputSchema(input));
        new EstimatorChain<ITransformer>().Append(probe).Fit(data);
        return shape!;
    }

    private static ArgumentOutOfRangeException Refused(IDataView data, ConformerTrainer.Options options, bool inChain = true)
    {
        if (inChain)
        {
            Assert.ThrowsExactly<ArgumentOutOfRangeException>(() =>
                new EstimatorChain<ITransformer>().Append(Trainer(options)).Fit(data), "in a chain");
        }
        return Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Trainer(options).Fit(data));
    }

    private static ConformerTrainer Trainer(ConformerTrainer.Options options) =>
        _context.MulticlassClassification.Trainers.Conformer(options);

    /// <summary>An estimator that sees the shape a chain hands it.</summary>
    private sealed class ShapeProbe(Action<SchemaShape> see) : IEstimator<ITransformer>
    {
        public ITransformer Fit(IDataView input) => _context.Transforms.CopyColumns("Copy", "Label").Fit(input);

        public SchemaShape GetOutputSchema(SchemaShape inputSchema)
        {
            see(inputSchema);
            return inputSchema;
        }
    }

    private sealed class Plain
    {
        [ImageType(Photo.Side, Photo.Side)]
        public MLImage? Image { get; set; }

        public float Label { get; set; }
    }
}
