using System.Runtime.CompilerServices;
using Microsoft.ML.Conformer.Hosting;
using Microsoft.ML.Conformer.Tests.Scoring;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Conformer.Tests.Hosting;

[TestClass]
public sealed class CallerEnvironmentTests
{
    [TestMethod]
    public void EveryCatalogLeadsToTheCallersContext()
    {
        var context = new MLContext { GpuDeviceId = 3, FallbackToCpu = true, TempFilePath = "/somewhere" };

        foreach (var catalog in (object[])[context.MulticlassClassification.Trainers, context.Model, context.Transforms, context.Data])
        {
            var environment = CallerEnvironment.Of(catalog);
            Assert.AreEqual(new GpuPreference(3, FallbackToCpu: true), CallerEnvironment.Gpu(environment), catalog.GetType().Name);
            Assert.AreEqual("/somewhere", CallerEnvironment.TempFolder(environment));
        }
        Assert.AreEqual(new GpuPreference(null, FallbackToCpu: false), CallerEnvironment.Gpu(new MLContext()));
    }

    [TestMethod]
    public void CatalogsMadeForAnEnvironmentBelongToIt()
    {
        var context = new MLContext();

        Assert.AreSame(context, CallerEnvironment.Of(CallerEnvironment.Transforms(context)));
        Assert.AreSame(context, CallerEnvironment.Of(CallerEnvironment.Data(context)));
    }

    [TestMethod]
    public void AVersionOfMicrosoftMLWithoutAMemberIsAnErrorThatSaysWhatToDo()
    {
        var error = Assert.ThrowsExactly<NotSupportedException>(() => CallerEnvironment.Reach(() => Missing(new MLContext().Model)));

        StringAssert.Contains(error.Message, "get_NoSuchMember");
        StringAssert.Contains(error.Message, "Reference Microsoft.ML 5.0.0 or 5.0.1");
    }

    [TestMethod]
    public void SavingUsesTheContextsTemporaryFolderAndLeavesNothingInIt()
    {
        using var folder = new TemporaryFolder();
        var context = new MLContext { TempFilePath = folder.File("absent") };
        var data = Photo.View(context, Photo.Set(3));
        using var trained = ScoringModel.Create(data);
        trained.SaveAsOnnx(folder.File("model.onnx"));
        using var model = context.Model.LoadImageClassifier(folder.File("model.onnx"));
        using (File.Create(folder.File("absent"))) // a file, in which no folder can be made
            Assert.Throws<IOException>(() => context.Model.Save(model, data.Schema, folder.File("model.zip")));

        context.TempFilePath = folder.Path;
        context.Model.Save(model, data.Schema, folder.File("model.zip"));

        CollectionAssert.AreEquivalent(
            new[] { "absent", "model.onnx", "model.zip" },
            Directory.GetFileSystemEntries(folder.Path).Select(path => Path.GetFileName(path)).ToArray());
    }

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_NoSuchMember")]
    private static extern IHostEnvironment Missing(ModelOperationsCatalog catalog);
}
