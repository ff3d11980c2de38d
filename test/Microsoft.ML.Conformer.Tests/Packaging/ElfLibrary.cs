using System.Text;

namespace Microsoft.ML.Conformer.Tests.Packaging;

/// <summary>Writes the parts of a 64-bit ELF library that say which versions of another library its symbols need.</summary>
/// <param name="Needs">Versions that it needs of libstdc++.so.6, numbered from 2 on.</param>
/// <param name="Symbols">Its symbols and the number of each one's version; 1 stands for none.</param>
internal sealed record ElfLibrary(string[] Needs, (string Name, int Version)[] Symbols)
{
    private const int HeaderSize = 64;

    /// <summary>The file, and where in it the flags of each needed version are.</summary>
    public (byte[] Bytes, int[] Flags) Write()
    {
        var names = new NameTable();
        var symbols = Section(writer =>
        {
            foreach (var (name, _) in Symbols)
            {
                writer.Write(names.Add(name));
                writer.Write(new byte[20]);
            }
        });
        var versions = Section(writer =>
        {
            foreach (var (_, version) in Symbols)
                writer.Write((ushort)version);
        });
        var needs = Section(writer =>
        {
            writer.Write((ushort)1);
            writer.Write((ushort)Needs.Length);
            writer.Write(names.Add("libstdc++.so.6"));
            writer.Write(16); // to the first entry
            writer.Write(0);
            for (var i = 0; i < Needs.Length; i++)
            {
                writer.Write(0);
                writer.Write((ushort)0); // the flags
                writer.Write((ushort)(2 + i));
                writer.Write(names.Add(Needs[i]));
                writer.Write(i + 1 < Needs.Length ? 16 : 0);
            }
        });
        (int Type, byte[] Bytes, int Link, int Info)[] sections =
        [
            (0, [], 0, 0), (11, symbols, 4, 0), (0x6FFFFFFF, versions, 1, 0), (0x6FFFFFFE, needs, 4, 1), (3, names.ToArray(), 0, 0),
        ];

        using var file = new MemoryStream();
        using var output = new BinaryWriter(file);
        var offsets = new int[sections.Length];
        var at = HeaderSize;
        for (var i = 0; i < sections.Length; i++)
            (offsets[i], at) = (at, at + sections[i].Bytes.Length);

        output.Write((byte[])[0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1, .. new byte[9]]);
        output.Write(new byte[24]);
        output.Write((long)at); // the section headers come last
        output.Write(new byte[10]);
        output.Write((ushort)64); // of a section header
        output.Write((ushort)sections.Length);
        output.Write((ushort)0);
        foreach (var (_, bytes, _, _) in sections)
            output.Write(bytes);
        for (var i = 0; i < sections.Length; i++)
        {
            output.Write(0);
            output.Write(sections[i].Type);
            output.Write(new byte[16]);
            output.Write((long)offsets[i]);
            output.Write((long)sections[i].Bytes.Length);
            output.Write(sections[i].Link);
            output.Write(sections[i].Info);
            output.Write(new byte[16]);
        }
        return (file.ToArray(), [.. Needs.Select((_, i) => offsets[3] + 16 + 16 * i + 4)]);
    }

    private static byte[] Section(Action<BinaryWriter> write)
    {
        using var bytes = new MemoryStream();
        write(new BinaryWriter(bytes));
        return bytes.ToArray();
    }

    private sealed class NameTable
    {
        private readonly MemoryStream _bytes = new();

        public NameTable() => _bytes.WriteByte(0);

        public int Add(string name)
        {
            var offset = (int)_bytes.Length;
            _bytes.Write([.. Encoding.ASCII.GetBytes(name), 0]);
            return offset;
        }

        public byte[] ToArray() => _bytes.ToArray();
    }
}
