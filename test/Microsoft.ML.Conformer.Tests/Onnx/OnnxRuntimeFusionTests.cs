using System.Text.Json;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Conformer.Tests.Onnx;

/// <summary>What ONNX Runtime makes of the graph: the operators that it runs, from its own profile.</summary>
[TestClass]
public sealed class OnnxRuntimeFusionTests
{
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void GelusConvolutionsWithReluAndResidualSumsBecomeSingleOperators(bool dynamicImageSize)
    {
        var architecture = ExportedGraph.Micro with { ChannelRatio = 1, Depth = 6 };
        var settings = ExportedGraph.Settings(64, 64) with { Options = new OnnxExportOptions { DynamicImageSize = dynamicImageSize } };
        var operators = OperatorsRun(ExportedGraph.Export(architecture, ExportedGraph.Weights(architecture), settings));

        // Error functions: one in each MLP, one in each down unit.
        Assert.AreEqual(0, operators.GetValueOrDefault("Erf"), "error functions left over");
        Assert.AreEqual(6 + 5, operators.GetValueOrDefault("Gelu"), "GELU");
        // Every ReLU follows a convolution, or the sum of one and its shortcut. Without known sizes the first block's sum stays alone, and
        // five sums measure the image.
        var (left, measuring) = dynamicImageSize ? (1, 5) : (0, 0);
        Assert.AreEqual(left, operators.GetValueOrDefault("Relu") + operators.GetValueOrDefault("FusedConv"), "ReLUs left over");
        // Left are the two residual sums of 6 transformer blocks; tokens, map and LayerNorm's shift of 5 couplings; the last LayerNorm's
        // shift; the heads' sum.
        Assert.AreEqual(2 * 6 + 3 * 5 + 2 + left + measuring, operators.GetValueOrDefault("Add"), "sums");
    }

    /// <summary>How many operators of each type ONNX Runtime runs for one image of 64 x 64 pixels.</summary>
    internal static Dictionary<string, int> OperatorsRun(byte[] model)
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            using var options = new SessionOptions { ProfileOutputPathPrefix = Path.Combine(folder.FullName, "profile") };
            options.EnableProfiling = true; // after the prefix, which it reads
            string profile;
            using (var session = new InferenceSession(model, options))
            {
                using var input = OrtValue.CreateTensorValueFromMemory(new float[3 * 64 * 64], [1, 3, 64, 64]);
                using var runOptions = new RunOptions();
                session.Run(runOptions, ["image"], [input], ["Score"]).Dispose();
                profile = session.EndProfiling();
            }
            using var document = JsonDocument.Parse(File.ReadAllBytes(profile));
            return document.RootElement.EnumerateArray()
                .Where(entry => entry.TryGetProperty("cat", out var kind) && kind.GetString() == "Node")
                .Where(entry => entry.GetProperty("name").GetString()!.EndsWith("_kernel_time", StringComparison.Ordinal))
                .CountBy(entry => entry.GetProperty("args").GetProperty("op_name").GetString()!)
                .ToDictionary();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
