namespace Microsoft.ML.Runtime;

/// <summary>The environment behind an <see cref="MLContext"/>: settings, options, random numbers, cancellation, and children.</summary>
internal class HostEnvironment : IHost, IHostEnvironmentInternal, ICancelable
{
    private readonly Lock _lock = new();
    private readonly List<WeakReference<HostEnvironment>> _children = [];
    private readonly Dictionary<string, object> _options = [];
    private readonly MessageLog _log;
    private readonly string _fullName;
    private readonly string _parentName;
    private readonly bool _isRoot;

    /// <summary>A root environment.</summary>
    public HostEnvironment(int? seed)
    {
        _isRoot = true;
        Seed = seed;
        Rand = seed is { } value ? new TauswortheRandom((uint)value) : new TauswortheRandom(new Random());
        _log = new MessageLog();
        ComponentCatalog = new ComponentCatalog();
        TempFilePath = Path.GetTempPath();
    }

    private HostEnvironment(HostEnvironment parent, string name, Random rand)
    {
        Seed = parent.Seed;
        Rand = rand;
        _log = parent._log;
        // As in the real package, a host's name shows its grandparent rather than its parent, and only the root's TempFilePath is
        // inherited.
        _fullName = parent._parentName is null ? name : $"{parent._parentName}; {name}";
        _parentName = parent._fullName;
        ComponentCatalog = parent.ComponentCatalog;
        TempFilePath = parent._isRoot ? parent.TempFilePath : Path.GetTempPath();
        GpuDeviceId = parent.GpuDeviceId;
        FallbackToCpu = parent.FallbackToCpu;
        IsCanceled = parent.IsCanceled;
    }

    public int? Seed { get; }

    public Random Rand { get; }

    public ComponentCatalog ComponentCatalog { get; }

    public string TempFilePath { get; set; }

    public bool FallbackToCpu { get; set; }

    public int? GpuDeviceId { get; set; }

    public bool IsCanceled { get; private set; }

    public string ContextDescription => _fullName ?? "HostEnvironment";

    public MessageLog Messages => _log;

    public IHost Register(string name, int? seed = null, bool? verbose = null)
    {
        Contracts.CheckNonEmpty(name, nameof(name));
        lock (_lock)
        {
            _children.RemoveAll(child => !child.TryGetTarget(out _));
            var host = new HostEnvironment(this, name, seed is { } value ? new TauswortheRandom((uint)value) : new TauswortheRandom(Rand));
            if (!IsCanceled)
                _children.Add(new(host));
            return host;
        }
    }

    public void CancelExecution()
    {
        lock (_lock)
        {
            foreach (var child in _children)
            {
                if (child.TryGetTarget(out var host))
                    host.CancelExecution();
            }
            _children.Clear();
            IsCanceled = true;
        }
    }

    public IChannel Start(string name) => new Channel(_log, _fullName is null ? name : $"{_fullName}; {name}");

    public IPipe<TMessage> StartPipe<TMessage>(string name) => new SilentPipe<TMessage>(ContextDescription);

    public IProgressChannel StartProgressChannel(string name)
    {
        Contracts.CheckNonEmpty(name, nameof(name));
        return new SilentProgressChannel();
    }

    public TException Process<TException>(TException ex)
        where TException : Exception =>
        ex;

    public bool TryAddOption<T>(string name, T value) => _options.TryAdd(CheckOptionName(name), value);

    public void SetOption<T>(string name, T value) => _options[CheckOptionName(name)] = value;

    public bool TryGetOption<T>(string name, out T value)
    {
        var found = _options.TryGetValue(CheckOptionName(name), out var stored) && stored is T;
        value = found ? (T)stored : default;
        return found;
    }

    public T GetOptionOrDefault<T>(string name)
    {
        TryAddOption<T>(name, default);
        return (T)_options[name];
    }

    public bool RemoveOption(string name) => _options.Remove(CheckOptionName(name));

    private static string CheckOptionName(string name) =>
        string.IsNullOrWhiteSpace(name) ? throw new ArgumentNullException(nameof(name)) : name;
}
