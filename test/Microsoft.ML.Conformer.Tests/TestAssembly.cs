using Microsoft.ML.Conformer.Modeling;

namespace Microsoft.ML.Conformer.Tests;

[TestClass]
public static class TestAssembly
{
    /// <summary>As the library does it, and before any test uses TorchSharp by itself.</summary>
    [AssemblyInitialize]
    public static void LoadTorch(TestContext context) => TorchRuntime.EnsureLoaded();
}
