using Microsoft.ML.Conformer.Torch;

namespace Microsoft.ML.Conformer.Tests;

[TestClass]
public static class TestAssembly
{
    /// <summary>As the library does it, and before any test uses TorchSharp by itself.</summary>
    [AssemblyInitialize]
    public static void LoadTorch(TestContext context)
    {
        try
        {
            TorchRuntime.EnsureLoaded();
        }
        catch (DllNotFoundException e)
        {
            context.WriteLine($"Tests that train will fail: {e.Message}"); // the others need no libtorch
        }
    }
}
