using Microsoft.ML.Conformer.Augmentation;
using Microsoft.ML.Conformer.Data.Caching;
using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Data.Reading;
using Microsoft.ML.Conformer.Tests.Data.Reading;
using SkiaSharp;

namespace Microsoft.ML.Conformer.Tests.Augmentation;

[TestClass]
public sealed class AugmentedExamplesTests
{
    private const int Size = 32, Step = Size + 2;

    private static readonly ImagePreprocessor _preprocessor = new(Size, new());

    [TestMethod]
    public void ARowHasTheCenterCropAndThenVariants()
    {
        using var photos = Photos(3);
        using var sheet = Draw(photos, new AugmentationRecipe { RandAugment = new() }, variants: 4);

        Assert.AreEqual((5 * Step - 2, 3 * Step - 2), (sheet.Width, sheet.Height));
        for (var photo = 0; photo < 3; photo++)
        {
            var crop = new byte[_preprocessor.ByteCount];
            using var lease = photos.Rent(photo);
            _preprocessor.CenterCrop(lease.Image, crop);
            CollectionAssert.AreEqual(crop, Cell(sheet, photo, 0));
            var variants = Enumerable.Range(1, 4).Select(column => Convert.ToHexString(Cell(sheet, photo, column))).ToList();
            Assert.AreEqual(4, variants.Distinct().Count());
        }
        Assert.AreEqual(SKColors.White, sheet.GetPixel(Size, 0), "between the cells");
    }

    [LeakCheckedTestMethod]
    public void MixedBatchesFollowTheVariantsThatTheyAreMadeOf()
    {
        using var photos = Photos(2);
        // Mixed with itself in a batch of one; of two, the other image shows.
        using var sheet = Draw(photos, new AugmentationRecipe { CutMixAlpha = 1 }, variants: 6);

        Assert.AreEqual(13 * Step - 2, sheet.Width);
        var pasted = 0;
        for (var variant = 0; variant < 6; variant++)
        {
            byte[] own = Cell(sheet, 0, 1 + variant), other = Cell(sheet, 1, 1 + variant), mixed = Cell(sheet, 0, 7 + variant);
            for (var i = 0; i < mixed.Length; i++)
                Assert.IsTrue(mixed[i] == own[i] || mixed[i] == other[i]);
            pasted += mixed.Where((value, i) => value != own[i]).Count();
        }
        Assert.IsTrue(pasted > 1000, $"{pasted} values of the other image");
    }

    [TestMethod]
    public void LargeImagesAreShownSmaller()
    {
        using var photos = Photos(1, new ImagePreprocessor(300, new()));
        using var sheet = Draw(photos, new AugmentationRecipe(), variants: 1);

        Assert.AreEqual((2 * 258 - 2, 256), (sheet.Width, sheet.Height));
    }

    [TestMethod]
    public void TheTrainerWritesAFileOfAsManyImagesAsAskedFor()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("examples.png");
        var read = 0;
        var rows = ImageRowsView.Good(9).Select(row => row with
        {
            Image = last =>
            {
                read++;
                return row.Image(last);
            },
        }).ToList();

        Trainer().SaveAugmentedExamples(new ImageRowsView(rows, classes: 2), path, images: 4, variants: 3);

        using var sheet = SKBitmap.Decode(path);
        Assert.AreEqual((4 * Step - 2, 4 * Step - 2), (sheet.Width, sheet.Height));
        Assert.AreEqual(4, read, "no more than what is shown");
        CollectionAssert.AreEqual(new[] { path }, Directory.GetFiles(folder.Path));
    }

    [TestMethod]
    public void WhatCannotBeDrawnIsAnErrorThatSaysWhy()
    {
        using var folder = new TemporaryFolder();
        var (trainer, photos) = (Trainer(), new ImageRowsView(ImageRowsView.Good(2), classes: 2));

        Assert.ThrowsExactly<ArgumentException>(() => trainer.SaveAugmentedExamples(photos, " "));
        var path = folder.File("examples.png");
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => trainer.SaveAugmentedExamples(photos, path, images: 0));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => trainer.SaveAugmentedExamples(photos, path, variants: 33));
        Assert.ThrowsExactly<DirectoryNotFoundException>(() => trainer.SaveAugmentedExamples(photos, folder.File("none", "examples.png")));
        Assert.AreEqual(0, Directory.GetFiles(folder.Path).Length);
    }

    private static ConformerTrainer Trainer() =>
        new MLContext().MulticlassClassification.Trainers.Conformer(new ConformerTrainer.Options { ImageSize = Size });

    private static ImageDataset Photos(int count, ImagePreprocessor? preprocessor = null) => ImageDataset.ForTraining(
        new ImageRowsView(ImageRowsView.Good(count)),
        new ImageReadOptions { ImageColumnName = "Image", LabelColumnName = "Label", Preprocessor = preprocessor ?? _preprocessor },
        default);

    private static SKBitmap Draw(ImageDataset photos, AugmentationRecipe recipe, int variants)
    {
        using var stream = new MemoryStream();
        var mixing = BatchMixing.Of(recipe, classCount: 2, seed: 1);
        new AugmentedExamples(photos, new ImageAugmentation(recipe), mixing, seed: 1).WritePng(stream, variants);
        return SKBitmap.Decode(stream.ToArray());
    }

    private static byte[] Cell(SKBitmap sheet, int row, int column)
    {
        var pixels = from y in Enumerable.Range(row * Step, Size)
                     from x in Enumerable.Range(column * Step, Size)
                     select sheet.GetPixel(x, y);
        return [.. pixels.SelectMany(pixel => new[] { pixel.Red, pixel.Green, pixel.Blue })];
    }
}
