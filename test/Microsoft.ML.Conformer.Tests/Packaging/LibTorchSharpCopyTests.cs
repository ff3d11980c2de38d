using System.Reflection;
using System.Xml.Linq;

namespace Microsoft.ML.Conformer.Tests.Packaging;

/// <summary>The build step that the package brings to an app, run by MSBuild itself.</summary>
[TestClass]
public sealed class LibTorchSharpCopyTests
{
    private const string Version = "GLIBCXX_3.4.32";

    private const string Unused = "_ZSt21ios_base_library_initv";

    private static readonly ElfLibrary _library = new(["GLIBCXX_3.4", Version, "CXXABI_1.3"], [("", 0), ("memcpy", 2), (Unused, 3), ("local", 1)]);

    [TestMethod]
    public void OnlyALibraryThatNeedsTheVersionForTheUnusedSymbolAloneIsChanged()
    {
        var (bytes, flags) = _library.Write();
        byte[] weak = [.. bytes];
        weak[flags[1]] = 2;
        var inUse = (_library with { Symbols = [.. _library.Symbols, ("_ZNSt7in_use", 0x8003)] }).Write().Bytes;
        var without = (_library with { Needs = ["GLIBCXX_3.4", "GLIBCXX_3.4.30", "CXXABI_1.3"] }).Write().Bytes;

        var copies = Copy(bytes, weak, inUse, without);

        AssertCopy(weak, copies[0]);
        AssertCopy(weak, copies[1]);
        AssertCopy(inUse, copies[2], "needs GLIBCXX_3.4.32 for _ZNSt7in_use");
        AssertCopy(without, copies[3]);
    }

    [TestMethod]
    public void AFileThatIsNotUnderstoodIsCopiedAsItIsWithAWarning()
    {
        var (bytes, flags) = _library.Write();
        byte[][] files =
        [
            "not a library"u8.ToArray(),
            [],
            Changed(4, 1), // 32 bits
            Changed(47, 1), // section headers beyond what a file can hold
            Changed(58, 0), // section headers of no size
            Changed(60, 0), // no section headers
            Changed(flags[0] + 8, 0xFF, 0xFF, 0xFF, 0xFF), // the next version need lies before this one
            .. Enumerable.Range(1, 12).Select(i => bytes[..(bytes.Length * i / 13)]),
        ];

        var copies = Copy(files);

        for (var i = 0; i < files.Length; i++)
        {
            CollectionAssert.AreEqual(files[i], copies[i].Bytes, $"file {i}");
            StringAssert.Contains(copies[i].Output, "warning CONFORMER001", $"file {i}");
        }

        byte[] Changed(int offset, params byte[] values)
        {
            byte[] changed = [.. bytes];
            values.CopyTo(changed, offset);
            return changed;
        }
    }

    private static void AssertCopy(byte[] expected, (byte[] Bytes, string Output) copy, string? warning = null)
    {
        CollectionAssert.AreEqual(expected, copy.Bytes);
        if (warning is null)
            Assert.AreEqual("", copy.Output);
        else
            StringAssert.Contains(copy.Output, warning);
    }

    /// <summary>Copies files by one run of MSBuild, and gives of each the copy and what was said of it.</summary>
    private static (byte[] Bytes, string Output)[] Copy(params byte[][] files)
    {
        using var folder = new TemporaryFolder();
        for (var i = 0; i < files.Length; i++)
            File.WriteAllBytes(folder.File($"{i}.so"), files[i]);
        new XElement(
            "Project",
            new XElement("Import", new XAttribute("Project", Targets)),
            new XElement("ItemGroup", new XElement("Library", new XAttribute("Include", "*.so"))),
            new XElement("Target", new XAttribute("Name", "Copy"), new XElement(
                "CopyWithWeakVersionNeed",
                new XAttribute("Source", "%(Library.FullPath)"),
                new XAttribute("Destination", "copies/%(Library.Filename)%(Library.Extension)"),
                new XAttribute("Version", Version),
                new XAttribute("UnusedSymbol", Unused)))).Save(folder.File("copy.proj"));
        var start = ChildProcess.DotNet("msbuild", "copy.proj", "-t:Copy", "-nologo", "-v:q", "-nodeReuse:false");
        start.WorkingDirectory = folder.Path;
        var (exitCode, output, error) = ChildProcess.Run(start);
        Assert.AreEqual(0, exitCode, output + error);
        var lines = output.Split('\n');
        return [.. files.Select((_, i) => (
            File.ReadAllBytes(folder.File($"copies/{i}.so")),
            string.Join('\n', lines.Where(line => line.Contains($"{Path.DirectorySeparatorChar}{i}.so")))))];
    }

    private static string Targets => typeof(LibTorchSharpCopyTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(entry => entry.Key == "PackageTargets").Value!;
}
