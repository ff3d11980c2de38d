using Microsoft.ML.Conformer.Torch;

namespace Microsoft.ML.Conformer.Tests.Torch;

[TestClass]
public sealed class TorchLoadFaultTests
{
    private const string NotFound = "/app/LibTorchSharp.so: cannot open shared object file: No such file or directory\n";

    [TestMethod]
    public void AnOldLibstdcxxIsNamedWithTheVersionThatItLacksAndWhatHelps()
    {
        const string loader = NotFound + "/lib/x86_64-linux-gnu/libstdc++.so.6: version `GLIBCXX_3.4.32' not found " +
            "(required by /app/runtimes/linux-x64/native/libLibTorchSharp.so)\n" + NotFound;

        var message = TorchLoadFault.Describe(loader, "linux-x64");

        Assert.IsTrue(TorchLoadFault.IsOldLibstdcxx(loader));
        StringAssert.Contains(message, "/lib/x86_64-linux-gnu/libstdc++.so.6 of this system has no GLIBCXX_3.4.32");
        StringAssert.Contains(message, "/app/runtimes/linux-x64/native/libLibTorchSharp.so needs");
        StringAssert.Contains(message, "ConformerKeepLibTorchSharp");
    }

    [TestMethod]
    public void ACopyHelpsTorchSharpsOwnLibraryOnly()
    {
        const string loader = "/lib64/libstdc++.so.6: version `GLIBCXX_3.4.26' not found (required by /app/libtorch_cpu.so)";

        var message = TorchLoadFault.Describe(loader, "linux-x64");

        StringAssert.Contains(message, "has no GLIBCXX_3.4.26, which /app/libtorch_cpu.so needs. Use a system");
    }

    [TestMethod]
    public void ThisSystemIsNamedAsNuGetNamesIt() =>
        StringAssert.Matches(TorchLoadFault.ThisSystem, new("^(linux|linux-musl|win|osx)-(x64|arm64)$"));

    [TestMethod]
    [DataRow("linux-x64", NotFound + "libtorch.so: cannot open shared object file: No such file", "libtorch.so is missing", "libtorch-cpu-linux-x64")]
    [DataRow("linux-x64", NotFound + "libc10.so: cannot open shared object file: No such file", "libc10.so is missing", "TorchSharp-cpu")]
    [DataRow("linux-x64", NotFound, NotFound, "TorchSharp-cpu")]
    [DataRow("linux-arm64", NotFound, "no native library for linux-arm64", "ONNX Runtime")]
    [DataRow("linux-musl-x64", NotFound, "no native library for linux-musl-x64", "ONNX Runtime")]
    [DataRow("win-x64", "The specified procedure could not be found. (0x8007007F)", "0x8007007F", "TorchSharp/issues/1567")]
    public void TheMessageNamesTheCauseAndWhatToDo(string runtime, string loader, string cause, string remedy)
    {
        var message = TorchLoadFault.Describe(loader, runtime);

        Assert.IsFalse(TorchLoadFault.IsOldLibstdcxx(loader));
        StringAssert.Contains(message, cause);
        StringAssert.Contains(message, remedy);
    }
}
